from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.fields import MoneyField
from core.transitions import StatefulModel, status_constraint, status_field, transition


class DifferenceKind(models.TextChoices):
    """In what our records and the institution's statement differ."""

    MISSING_AT_US = "missing at us", _("only the institution has it")
    MISSING_AT_THEM = "missing at them", _("only we have it")
    AMOUNT_MISMATCH = "amount", _("amounts differ")
    STATUS_MISMATCH = "status", _("statuses differ")
    DUPLICATE = "duplicate", _("stated twice")
    FEE_MISMATCH = "fee", _("fees differ")
    DAY_CUTOVER = "day cut-over", _("booked on another day")


class Difference(StatefulModel):
    """A difference found in reconciling one day with one channel's statement.

    `ours` and `theirs` are the effects on our cash (yuan, negative when money goes out) by our records and by the
    statement.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLEARED = "cleared", _("cleared by itself")
        RESOLVED = "resolved", _("resolved by a person")

    status: Any = status_field(Status, Status.OPEN)
    channel = models.CharField(_("channel"), max_length=30)
    date = models.DateField(_("day"), db_index=True)
    kind = models.CharField(_("class"), max_length=20, choices=DifferenceKind.choices)
    out_trade_no = models.CharField(_("our number at the institution"), max_length=32, db_index=True)
    channel_trade_no = models.CharField(_("institution's serial number"), max_length=64, blank=True)
    movement = models.CharField(_("movement"), max_length=20)
    ours = MoneyField(_("by our records"))
    theirs = MoneyField(_("by the statement"))
    found_at = models.DateTimeField(_("found"))
    owner = models.CharField(_("owner"), max_length=100, blank=True)
    resolution = models.TextField(_("resolution"), blank=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        permissions = [
            ("resolve_difference", _("Can resolve a difference of reconciliation")),
            ("approve_difference", _("Can approve what is proposed about a difference of reconciliation")),
        ]
        constraints = [
            status_constraint("payments_difference_status", "open", "cleared", "resolved"),
            models.CheckConstraint(condition=models.Q(kind__in=DifferenceKind.values), name="payments_difference_kind"),
            models.UniqueConstraint(
                fields=["channel", "date", "kind", "out_trade_no", "channel_trade_no", "movement"],
                name="payments_difference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.out_trade_no}: {self.get_kind_display()}"

    @property
    def gap(self) -> Decimal:
        """How much more cash (yuan) the institution has for us than our records say; negative when less."""
        gap: Decimal = self.theirs - self.ours
        return gap

    @property
    def sign(self) -> str:
        """长款 LONG when we hold more money than our records say, 短款 SHORT when less, else empty."""
        if not self.gap:
            return ""
        return "LONG" if self.gap > 0 else "SHORT"

    @property
    def age(self) -> int | None:
        """For how many days it has been open; None once it is not."""
        return (clock.today() - self.date).days if self.status == self.Status.OPEN else None

    @transition(source=Status.OPEN, target=Status.OPEN)
    def take(self, *, by: str, why: str) -> None:
        """Somebody sees to it."""
        self.owner = by

    @transition(source=[Status.OPEN, Status.RESOLVED], target=Status.CLEARED)
    def clear(self, *, by: str, why: str) -> None:
        """Later records explain it: nothing is left to do."""

    @transition(source=[Status.CLEARED, Status.RESOLVED], target=Status.OPEN)
    def reopen(self, *, by: str, why: str) -> None:
        """It is there again, or two people take back what was made of it."""
        self.resolution = ""

    @transition(source=Status.OPEN, target=Status.RESOLVED)
    def resolve(self, *, by: str, why: str) -> None:
        """A person has dealt with it, and says how."""
        self.resolution = why
