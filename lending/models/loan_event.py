import datetime as dt

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from lending.models.loan import Loan


class LoanEvent(models.Model):
    """Something that happened to a loan, in order. Append-only in the database; what a loan stands at is their fold."""

    class Kind(models.TextChoices):
        DISBURSEMENT = "disbursement", _("paid out")
        DUE = "due", _("instalment fell due")
        PENALTY = "penalty", _("penalty interest")
        PAYMENT = "payment", _("payment")
        REVERSAL = "reversal", _("payment came back")
        ADJUSTMENT = "adjustment", _("interest corrected")
        RETURN = "return", _("payout came back")
        WAIVER = "waiver", _("waived")
        EXTENSION = "extension", _("term extended")
        RATE = "rate", _("rate lowered")
        WRITE_OFF = "write_off", _("written off")
        RECOVERY = "recovery", _("paid after the write-off")
        GIVING_BACK = "giving_back", _("given back in the cooling-off days")
        REFUND = "refund", _("overpayment paid back")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="events", verbose_name=_("loan"))
    no = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("event"), max_length=20, choices=Kind.choices)
    business_date = models.DateField(_("business date"))
    value_date = models.DateField(_("counts from"), null=True)
    amount = MoneyField(_("amount"))
    details = models.JSONField(_("details"), default=dict)
    reference = models.CharField(_("reference"), max_length=20, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("loan event")
        verbose_name_plural = _("loan events")
        ordering = ["loan", "no"]
        constraints = [models.UniqueConstraint(fields=["loan", "no"], name="lending_event_once")]
        indexes = [BrinIndex(fields=["recorded_at"], name="lending_event_recorded", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.loan} {self.no} {self.kind}"

    @property
    def counts_from(self) -> dt.date:
        """The day from which it counts: earlier than the day it was booked on, where it is backdated."""
        return self.value_date or self.business_date
