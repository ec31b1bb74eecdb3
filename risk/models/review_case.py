import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField, MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from risk.models.decision import Decision


class ReviewCase(StatefulModel):
    """A doubtful application in the review queue, from the machine's doubt to a person's decision."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLAIMED = "claimed", _("claimed")
        PROPOSED = "proposed", _("waits for a second officer")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")

    class Priority(models.IntegerChoices):
        ROUTINE = 1, _("routine")
        RAISED = 2, _("raised")
        ESCALATED = 3, _("escalated")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    status: Any = status_field(Status, Status.OPEN)
    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="review_case", verbose_name=_("machine's decision")
    )
    final_decision = models.OneToOneField(
        Decision, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("person's decision")
    )
    reference = models.CharField(_("reference"), max_length=20, db_index=True)
    customer_serial = models.CharField(_("customer"), max_length=20, db_index=True)
    claimed_by = models.CharField(_("claimed by"), max_length=100, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True)
    asked_by_customer = models.BooleanField(_("asked for by the customer"), default=False)
    proposed_limit = MoneyField(_("proposed limit"), null=True)
    proposed_rate = RateField(_("proposed annual rate"), null=True)
    proposed_reasons = models.JSONField(_("reasons of the proposal"), default=list)
    note = EncryptedTextField(_("note"), blank=True)
    opened_at = models.DateTimeField(_("opened"))
    sla_due_at = models.DateTimeField(_("due"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.ROUTINE)
    escalated_at = models.DateTimeField(_("escalated"), null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("review case")
        verbose_name_plural = _("review queue")
        permissions = [("decide_reviewcase", _("Can claim and decide review cases"))]
        constraints = [
            status_constraint("risk_review_case_status", "open", "claimed", "proposed", "approved", "declined"),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "claimed", "proposed"]) ^ models.Q(final_decision__isnull=False),
                name="risk_review_case_decided",
            ),
            models.CheckConstraint(
                condition=models.Q(status="open") ^ ~models.Q(claimed_by=""),
                name="risk_review_case_has_officer",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="proposed") | models.Q(proposed_limit__isnull=False),
                name="risk_review_case_proposal",
            ),
            models.CheckConstraint(
                condition=models.Q(priority__in=[1, 2], escalated_at=None)
                | models.Q(priority=3, escalated_at__isnull=False),
                name="risk_review_case_escalated",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.OPEN, target=Status.CLAIMED)
    def claim(self, *, by: str, why: str, at: dt.datetime) -> None:
        """An officer takes the case."""
        self.claimed_by, self.claimed_at = by, at

    @transition(source=Status.CLAIMED, target=Status.OPEN)
    def release(self, *, by: str, why: str) -> None:
        """The officer gives the case back to the queue."""
        self.claimed_by, self.claimed_at = "", None

    @transition(source=Status.CLAIMED, target=Status.PROPOSED)
    def propose(
        self, *, by: str, why: str, limit: Decimal, annual_rate: Decimal, reasons: list[str], note: str
    ) -> None:
        """The officer would grant more than one alone may: a second one must agree."""
        self.proposed_limit, self.proposed_rate, self.proposed_reasons = limit, annual_rate, reasons
        self.note = note

    @transition(source=Status.PROPOSED, target=Status.CLAIMED)
    def send_back(self, *, by: str, why: str) -> None:
        """The second officer does not agree, or the first has thought again."""
        self.proposed_limit, self.proposed_rate, self.proposed_reasons = None, None, []

    @transition(source=[Status.CLAIMED, Status.PROPOSED], target=Status.APPROVED)
    def approve(self, *, by: str, why: str, decision: Decision, note: str, at: dt.datetime) -> None:
        """The officer approves, by a decision of their own."""
        self.final_decision, self.note, self.decided_at = decision, note, at

    @transition(source=Status.CLAIMED, target=Status.DECLINED)
    def decline(self, *, by: str, why: str, decision: Decision, note: str, at: dt.datetime) -> None:
        """The officer declines, by a decision of their own."""
        self.final_decision, self.note, self.decided_at = decision, note, at
