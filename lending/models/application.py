import datetime as dt
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from core.fields import EncryptedTextField, MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.product import Product

OPEN = ("submitted", "in_review", "approved")


class LoanApplication(StatefulModel):
    """A customer's request for a loan, its decision, and the offer that follows from it."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("being decided")
        IN_REVIEW = "in_review", _("with an officer")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        CONFIRMED = "confirmed", _("confirmed")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="applications", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    status = status_field(Status, Status.SUBMITTED)
    amount = MoneyField(_("amount asked for"))
    term_months = models.PositiveSmallIntegerField(_("months"))
    method = models.CharField(_("repayment method"), max_length=20, default="equal_instalment")
    purpose = models.CharField(_("purpose"), max_length=30)
    employment = models.CharField(_("employment"), max_length=20)
    employment_years = models.PositiveSmallIntegerField(_("years in this work"))
    housing = models.CharField(_("housing"), max_length=20)
    monthly_income = MoneyField(_("monthly income"))
    monthly_expenses = MoneyField(_("monthly expenses"))
    monthly_debt = MoneyField(_("monthly repayments elsewhere"))
    home_address = EncryptedTextField(_("home address"), blank=True)
    employer = EncryptedTextField(_("employer"), blank=True)
    contact_mobile = EncryptedTextField(_("contact's mobile"), blank=True)
    decision_serial = models.CharField(_("decision"), max_length=20, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    offered_amount = MoneyField(_("amount offered"), null=True)
    annual_rate = RateField(_("annual rate"), null=True)
    offer_expires_at = models.DateTimeField(_("offer stands until"), null=True)
    submitted_at = models.DateTimeField(_("submitted (real time)"))
    offered_at = models.DateTimeField(_("offered (real time)"), null=True)
    opened_at = models.DateTimeField(_("costs first shown (real time)"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed (real time)"), null=True)

    class Meta:
        verbose_name = _("loan application")
        verbose_name_plural = _("loan applications")
        constraints = [
            status_constraint(
                "lending_application_status",
                *("submitted", "in_review", "approved", "declined", "confirmed", "expired", "withdrawn"),
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(status__in=OPEN), name="lending_one_open_application"
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.SUBMITTED, target=Status.IN_REVIEW)
    def send_to_review(self, *, by: str, why: str, decision_serial: str) -> None:
        """The machine leaves it to a person."""
        self.decision_serial = decision_serial

    @transition(source=[Status.SUBMITTED, Status.IN_REVIEW], target=Status.APPROVED)
    def approve(
        self,
        *,
        by: str,
        why: str,
        decision_serial: str,
        offered_amount: Decimal,
        annual_rate: Decimal,
        expires_at: dt.datetime,
        offered_at: dt.datetime,
    ) -> None:
        """An offer is made: it stands until `expires_at` (business time)."""
        self.decision_serial = decision_serial
        self.offered_amount = offered_amount
        self.annual_rate = annual_rate
        self.offer_expires_at = expires_at
        self.offered_at = offered_at

    @transition(source=[Status.SUBMITTED, Status.IN_REVIEW], target=Status.DECLINED)
    def decline(self, *, by: str, why: str, decision_serial: str, reasons: list[str]) -> None:
        """No loan, for these reasons (codes)."""
        self.decision_serial = decision_serial
        self.reasons = reasons

    @transition(source=Status.DECLINED, target=Status.IN_REVIEW)
    def reconsider(self, *, by: str, why: str) -> None:
        """The customer asks for a person, after the machine declined."""
        self.reasons = []

    @transition(source=Status.APPROVED, target=Status.CONFIRMED)
    def confirm(self, *, by: str, why: str, confirmed_at: dt.datetime) -> None:
        """The customer takes the offer."""
        self.confirmed_at = confirmed_at

    @transition(source=Status.APPROVED, target=Status.EXPIRED)
    def expire(self, *, by: str, why: str) -> None:
        """The offer was not taken in time."""

    @transition(source=[Status.SUBMITTED, Status.IN_REVIEW, Status.APPROVED], target=Status.WITHDRAWN)
    def withdraw(self, *, by: str, why: str) -> None:
        """The customer no longer wants the loan."""
