from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from payments.models.ledger import Transfer, Unchangeable


class PendingTransfer(Unchangeable):
    """A transfer that is to be, between two accounts: in no balance yet, but what it will take is spoken for. Written
    only by payments.pending.
    """

    key = models.CharField(_("key"), max_length=120, unique=True)
    purpose = models.CharField(_("purpose"), max_length=60)
    reference = models.CharField(_("reference"), max_length=60, db_index=True)
    debit_account = models.CharField(_("debit"), max_length=80)
    credit_account = models.CharField(_("credit"), max_length=80)
    amount = MoneyField(_("amount"))
    pended_at = models.DateTimeField(_("pending since"))

    class Meta:
        verbose_name = _("pending transfer")
        verbose_name_plural = _("pending transfers")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_pending_amount_positive"),
        ]

    def __str__(self) -> str:
        return self.key


class Resolution(Unchangeable):
    """The end of a pending transfer: posted as `transfer`, or voided where there is none. PostgreSQL refuses a second
    one, and a transfer that is another than was pending.
    """

    pending = models.OneToOneField(
        PendingTransfer, on_delete=models.PROTECT, primary_key=True, verbose_name=_("pending transfer")
    )
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, verbose_name=_("transfer"))
    resolved_at = models.DateTimeField(_("resolved"))

    class Meta:
        verbose_name = _("resolution of a pending transfer")
        verbose_name_plural = _("resolutions of pending transfers")
