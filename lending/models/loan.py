import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from core.fields import MoneyField, RateField
from core.money import ZERO
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.application import LoanApplication


class Loan(StatefulModel):
    """One loan: frozen terms, schedule, events, and ledger entries whose reference is its serial number.

    `acts_on` is the business date whose close finds something to do: until then a loan is left as it is, and
    `last_closed_date` stays. Where `plain_penalty_rate` is there, that close needs no fold (lending.batch_close).
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting for the payout")
        ACTIVE = "active", _("normal")
        OVERDUE = "overdue", _("overdue")
        CLEARED = "cleared", _("settled")
        CANCELLED = "cancelled", _("not paid out")
        WRITTEN_OFF = "written_off", _("written off")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    application = models.OneToOneField(
        LoanApplication, models.PROTECT, related_name="loan", verbose_name=_("application")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="loans", verbose_name=_("customer"))
    status = status_field(Status, Status.PENDING)
    principal = MoneyField(_("principal"))
    annual_rate = RateField(_("annual rate"))
    term_months = models.PositiveSmallIntegerField(_("months"))
    frozen_terms = models.JSONField(_("frozen terms"))
    value_date = models.DateField(_("value date"), null=True)
    maturity_date = models.DateField(_("maturity date"), null=True)
    outstanding_principal = MoneyField(_("outstanding principal"), default=ZERO)
    interest_raised = MoneyField(_("interest billed"), default=ZERO)
    penalty_raised = MoneyField(_("penalty interest billed"), default=ZERO)
    principal_paid = MoneyField(_("principal paid"), default=ZERO)
    interest_paid = MoneyField(_("interest paid"), default=ZERO)
    penalty_paid = MoneyField(_("penalty interest paid"), default=ZERO)
    interest_waived = MoneyField(_("interest waived"), default=ZERO)
    penalty_waived = MoneyField(_("penalty interest waived"), default=ZERO)
    principal_lost = MoneyField(_("principal written off"), default=ZERO)
    interest_lost = MoneyField(_("interest written off"), default=ZERO)
    penalty_lost = MoneyField(_("penalty interest written off"), default=ZERO)
    recovered = MoneyField(_("recovered after the write-off"), default=ZERO)
    claim = MoneyField(_("still claimed after the write-off"), default=ZERO)
    overpaid = MoneyField(_("paid beyond what was owed"), default=ZERO)
    refunded = MoneyField(_("of it paid back"), default=ZERO)
    dpd = models.PositiveIntegerField(_("days past due"), default=0)
    last_closed_date = models.DateField(_("closed up to"), null=True)
    acts_on = models.DateField(_("next close that changes it"), null=True)
    plain_penalty_rate = RateField(_("annual penalty rate, if its close is plain"), null=True)
    payout_order = models.CharField(_("payout order"), max_length=20, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed (real time)"))
    received_at = models.DateTimeField(_("money received (real time)"), null=True)

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        constraints = [
            status_constraint(
                "lending_loan_status", "pending", "active", "overdue", "cleared", "cancelled", "written_off"
            ),
            models.CheckConstraint(
                condition=Q(principal__gt=0, outstanding_principal__gte=0)
                & Q(outstanding_principal__lte=F("principal"), claim__gte=0, refunded__gte=0)
                & Q(interest_raised__gte=F("interest_paid") + F("interest_waived") + F("interest_lost"))
                & Q(penalty_raised__gte=F("penalty_paid") + F("penalty_waived") + F("penalty_lost")),
                name="lending_loan_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["acts_on"], condition=Q(status__in=["active", "overdue"]), name="lending_loan_acts_on")
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def is_repaying(self) -> bool:
        """Whether money has been paid out and something is still owed."""
        return self.status in {self.Status.ACTIVE, self.Status.OVERDUE}

    @property
    def is_owed(self) -> bool:
        """Whether the customer has something to pay: on a running loan, or on the claim that a write-off left."""
        return self.is_repaying or (self.status == self.Status.WRITTEN_OFF and self.claim > 0)

    @property
    def rate_in_force(self) -> Decimal:
        """The annual rate that counts now, a fraction: the contract's, or what it was last lowered to."""
        lowered = self.events.filter(kind="rate").order_by("no").last()
        return Decimal(lowered.details["annual_rate"]) if lowered else self.annual_rate

    @property
    def credit(self) -> Decimal:
        """The customer's money that we hold, yuan: paid beyond what was owed and not yet paid back."""
        return self.overpaid - self.refunded

    @property
    def time_to_money(self) -> dt.timedelta | None:
        """Confirmation to money received, real time: the two-hour promise. None before it is received."""
        return self.received_at - self.confirmed_at if self.received_at else None

    @property
    def time_to_decide_and_pay(self) -> dt.timedelta | None:
        """Submission to money received, less the customer's own waiting between offer and confirmation."""
        application = self.application
        if not (self.received_at and application.offered_at):
            return None
        return self.received_at - application.submitted_at - (self.confirmed_at - application.offered_at)

    @transition(source=Status.PENDING, target=Status.ACTIVE)
    def activate(
        self, *, by: str, why: str, value_date: dt.date, maturity_date: dt.date, received_at: dt.datetime
    ) -> None:
        """The customer has the money."""
        self.value_date = self.last_closed_date = value_date
        self.maturity_date = maturity_date
        self.received_at = received_at
        self.outstanding_principal = self.principal

    @transition(source=[Status.PENDING, Status.ACTIVE], target=Status.CANCELLED)
    def cancel(self, *, by: str, why: str) -> None:
        """The payout failed or came back: nothing is owed."""
        self.outstanding_principal = ZERO

    @transition(source=Status.CANCELLED, target=Status.PENDING)
    def revive(self, *, by: str, why: str) -> None:
        """The payout that had failed was received after all."""

    @transition(source=Status.ACTIVE, target=Status.OVERDUE)
    def fall_overdue(self, *, by: str, why: str) -> None:
        """An instalment is unpaid after its due date."""

    @transition(source=Status.OVERDUE, target=Status.ACTIVE)
    def cure(self, *, by: str, why: str) -> None:
        """Nothing is overdue any more."""

    @transition(source=[Status.ACTIVE, Status.OVERDUE], target=Status.CLEARED)
    def clear(self, *, by: str, why: str) -> None:
        """Everything is paid."""

    @transition(source=Status.CLEARED, target=Status.ACTIVE)
    def reopen(self, *, by: str, why: str) -> None:
        """The last payment came back."""

    @transition(source=[Status.ACTIVE, Status.OVERDUE], target=Status.WRITTEN_OFF)
    def write_off(self, *, by: str, why: str) -> None:
        """It leaves the books as a loss; the claim stays."""

    def note(self, **changes: Any) -> None:
        """Set figures on the locked row and save them."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=list(changes))
