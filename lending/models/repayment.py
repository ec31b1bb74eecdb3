from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending import prepayment
from lending.models.loan import Loan


class Repayment(StatefulModel):
    """A payment collected from the customer's card, asked for or deducted by agreement, from the request to its end."""

    class Strategy(models.TextChoices):
        """What paying early does, in words for people."""

        SHORTEN = prepayment.Strategy.SHORTEN.value, _("Fewer instalments, each as before")
        LOWER = prepayment.Strategy.LOWER.value, _("As many instalments, each lower")
        NEXT = prepayment.Strategy.NEXT.value, _("The principal of the next instalments paid ahead")
        GIVE_BACK = "give_back", _("The whole loan given back, in its cooling-off days")

    class Kind(models.TextChoices):
        """Who set it going."""

        ACTIVE = "active", _("paid by the customer")
        DEDUCTION = "deduction", _("deducted automatically")

    class Status(models.TextChoices):
        PROCESSING = "processing", _("on its way")
        SUCCEEDED = "succeeded", _("received")
        FAILED = "failed", _("failed")
        RETURNED = "returned", _("came back")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="repayments", verbose_name=_("loan"))
    status = status_field(Status, Status.PROCESSING)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ACTIVE)
    amount = MoneyField(_("amount"))
    strategy = models.CharField(_("what exceeds the dues"), max_length=10, blank=True, choices=Strategy.choices)
    order = models.CharField(_("collection order"), max_length=20, blank=True)
    request_key = models.CharField(_("key of the request"), max_length=100, blank=True)
    failure = models.CharField(_("reason of failure"), max_length=60, blank=True)
    asked_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("repayment")
        verbose_name_plural = _("repayments")
        constraints = [
            status_constraint("lending_repayment_status", "processing", "succeeded", "failed", "returned"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="lending_repayment_positive"),
            models.CheckConstraint(condition=Q(kind__in=["active", "deduction"]), name="lending_repayment_kind"),
            models.UniqueConstraint(
                fields=["loan", "request_key"], condition=~Q(request_key=""), name="lending_repayment_asked_once"
            ),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(status="processing"), name="lending_one_repayment_at_once"
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.PROCESSING, target=Status.SUCCEEDED)
    def succeed(self, *, by: str, why: str) -> None:
        """The money is here."""

    @transition(source=Status.PROCESSING, target=Status.FAILED)
    def fail(self, *, by: str, why: str, failure: str) -> None:
        """The card did not pay."""
        self.failure = failure

    @transition(source=Status.FAILED, target=Status.SUCCEEDED)
    def turn_out_paid(self, *, by: str, why: str) -> None:
        """It was told to have failed, and the money is here."""
        self.failure = ""

    @transition(source=Status.SUCCEEDED, target=Status.RETURNED)
    def come_back(self, *, by: str, why: str) -> None:
        """The institution took the money back."""
