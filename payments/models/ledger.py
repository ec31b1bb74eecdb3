from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from payments.chart import AccountKind, Side


class Unchangeable(models.Model):
    """A row that is written once. PostgreSQL refuses its change too (migration 0002)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(self)


def _refuse(row: models.Model) -> NoReturn:
    raise TypeError(f"a {row._meta.verbose_name} is never changed nor deleted")


class Account(Unchangeable):
    """An account of the ledger, opened by its first posting. It holds no balance: that is the sum of its entries."""

    code = models.CharField(_("account"), max_length=80, primary_key=True)
    kind = models.CharField(_("kind"), max_length=40, choices=AccountKind.choices)
    owner = models.CharField(_("funder or channel"), max_length=40, blank=True)
    opened_at = models.DateTimeField(_("opened"))

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=AccountKind.values), name="payments_account_kind")
        ]

    def __str__(self) -> str:
        label = str(self.get_kind_display())
        return f"{label} · {self.owner}" if self.owner else label


class Transfer(Unchangeable):
    """One posting: two or more entries that balance. `amount` is the sum of one side. Written only by
    payments.ledger.
    """

    serial = models.CharField(_("serial number"), max_length=20)
    key = models.CharField(_("key"), max_length=120)
    content_hash = models.CharField(max_length=64)
    business_date = models.DateField(_("accounting date"), db_index=True)
    purpose = models.CharField(_("purpose"), max_length=60)
    reference = models.CharField(_("reference"), max_length=60)
    amount = MoneyField(_("amount"))
    posted_at = models.DateTimeField(_("posted"))

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        # Named here, not at the fields, which would each bring a second index that every posting would pay for.
        indexes = [models.Index(fields=["reference"], name="payments_transfer_reference")]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_transfer_amount_positive"),
            models.UniqueConstraint(fields=["serial"], name="payments_transfer_serial"),
            models.UniqueConstraint(fields=["key"], name="payments_transfer_key"),
        ]

    def __str__(self) -> str:
        return self.serial


class Entry(Unchangeable):
    """One side of a transfer on one account. The account has no foreign key in the database: a hot row must not be
    locked.
    """

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries", verbose_name=_("transfer"))
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        db_column="account",
        related_name="entries",
        verbose_name=_("account"),
    )
    side = models.CharField(_("side"), max_length=6, choices=Side.choices)
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["account", "transfer"], include=["side", "amount"], name="payments_entry_of_account")
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_entry_amount_positive"),
            models.CheckConstraint(condition=models.Q(side__in=Side.values), name="payments_entry_side"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.side} {self.amount}"
