from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.ledger import Transfer, Unchangeable

HASH_DIGITS = 64


class SealKind(models.TextChoices):
    """What a seal closes."""

    HALF_HOUR = "half hour", _("half hour")
    DAY = "day", _("business day")


class Seal(Unchangeable):
    """A Merkle root over transfers, chained to the seal before it and signed. Written only by payments.sealing.

    A half hour's seal is over all transfers posted before `until` that no seal held yet; a day's is over all transfers
    in the half hours' seals since the last day's. Times are real, not those of a sandbox's clock.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=SealKind.choices)
    business_date = models.DateField(_("business date"), db_index=True)
    until = models.DateTimeField(_("posted before"))
    transfers = models.PositiveIntegerField(_("transfers"))
    root = models.CharField(_("Merkle root"), max_length=HASH_DIGITS)
    previous = models.CharField(_("hash of the seal before"), max_length=HASH_DIGITS)
    sealed_at = models.DateTimeField(_("sealed"))
    key = models.CharField(_("key"), max_length=HASH_DIGITS)
    signature = models.CharField(_("signature"), max_length=88)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=SealKind.values), name="payments_seal_kind"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="payments_seal_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.get_kind_display()} · {self.business_date}"


class SealedTransfer(Unchangeable):
    """A transfer's place in its half hour's seal, and what was sealed: its canonical form, the tree's leaf.

    The row stands for itself: it has no foreign key to the transfer, whose loss it can show.
    """

    transfer = models.OneToOneField(
        Transfer,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="sealed",
        verbose_name=_("transfer"),
    )
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, db_index=False, related_name="leaves", verbose_name=_("seal")
    )
    place = models.PositiveIntegerField(_("place"))
    form = models.TextField(_("canonical form"))

    class Meta:
        verbose_name = _("sealed transfer")
        verbose_name_plural = _("sealed transfers")
        constraints = [models.UniqueConstraint(fields=["seal", "place"], name="payments_sealed_place_once")]

    def __str__(self) -> str:
        return f"{self.seal_id} · {self.place}"
