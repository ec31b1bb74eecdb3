import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from risk.facts import Outcome
from risk.models.review_case import ReviewCase

OUTCOMES = [(Outcome.APPROVED.value, _("approved")), (Outcome.DECLINED.value, _("declined"))]


class QualitySample(StatefulModel):
    """A decided case that a second officer judges again without knowing what the first one decided."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for a second judgement")
        JUDGED = "judged", _("judged")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    status: Any = status_field(Status, Status.WAITING)
    case = models.OneToOneField(
        ReviewCase, on_delete=models.PROTECT, related_name="quality_sample", verbose_name=_("review case")
    )
    deciders = models.JSONField(_("who decided the case"))
    drawn_at = models.DateTimeField(_("drawn"))
    judged_by = models.CharField(_("judged by"), max_length=100, blank=True)
    judged_at = models.DateTimeField(_("judged at"), null=True)
    outcome = models.CharField(_("second judgement"), max_length=10, blank=True, choices=OUTCOMES)
    reasons = models.JSONField(_("reasons"), default=list)
    note = EncryptedTextField(_("note"), blank=True)
    agrees = models.BooleanField(_("agrees with the first"), null=True)

    class Meta:
        verbose_name = _("quality sample")
        verbose_name_plural = _("quality samples")
        permissions = [
            ("judge_qualitysample", _("Can judge quality samples")),
            ("view_officer_statistics", _("Can see what every officer did")),
        ]
        constraints = [
            status_constraint("risk_quality_sample_status", "waiting", "judged"),
            models.CheckConstraint(
                condition=models.Q(status="waiting", agrees__isnull=True)
                | (models.Q(status="judged", agrees__isnull=False) & ~models.Q(judged_by="")),
                name="risk_quality_sample_judged",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.WAITING, target=Status.JUDGED)
    def judge(
        self, *, by: str, why: str, outcome: str, reasons: list[str], note: str, agrees: bool, at: dt.datetime
    ) -> None:
        """A second officer has judged; nothing changes for the customer."""
        self.judged_by, self.judged_at = by, at
        self.outcome, self.reasons, self.note, self.agrees = outcome, reasons, note, agrees
