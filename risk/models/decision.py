from typing import Any, NoReturn

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from risk.facts import TraceKind
from risk.words import TRACE, choices


class Decision(models.Model):
    """One credit decision, by the machine or by a person, with all that it was made from. Never changed, never deleted.

    The machine's stores inputs, features, hits, score and versions, and replays from them. A person's points by `basis`
    at the machine's decision that was looked at. Inputs hold keyed hashes and figures, nothing that names a person.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        REVIEW = "review", _("for a person")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    subject = models.CharField(_("asked by"), max_length=40)
    reference = models.CharField(_("reference"), max_length=20, db_index=True)
    customer_serial = models.CharField(_("customer"), max_length=20, db_index=True)
    basis = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="answer",
        verbose_name=_("decision looked at"),
    )
    decided_by = models.CharField(_("decided by"), max_length=100)
    decided_at = models.DateTimeField(_("decided"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    limit = MoneyField(_("credit limit"))
    annual_rate = RateField(_("annual rate"))
    reasons = models.JSONField(_("reasons"))
    score = models.IntegerField(_("score"), null=True)
    pd = models.DecimalField(_("probability of default"), max_digits=8, decimal_places=6, null=True)
    band = models.CharField(_("risk band"), max_length=4, blank=True)
    inputs = models.JSONField(_("inputs"), default=dict)
    features = models.JSONField(_("features"), default=dict)
    hits = models.JSONField(_("hits"), default=list)
    scorecard = models.CharField(_("scorecard"), max_length=60, blank=True)
    scorecard_digest = models.CharField(max_length=64, blank=True)
    policy = models.CharField(_("policy"), max_length=60, blank=True)
    policy_digest = models.CharField(max_length=64, blank=True)
    rules = models.CharField(_("rule set"), max_length=20, blank=True)  # none before rules were versions
    rules_digest = models.CharField(max_length=64, blank=True)
    timings = models.JSONField(_("microseconds"), default=dict)

    class Meta:
        verbose_name = _("credit decision")
        verbose_name_plural = _("credit decisions")
        indexes = [BrinIndex(fields=["decided_at"], name="risk_decision_decided", autosummarize=True)]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["approved", "declined", "review"]),
                name="risk_decision_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(basis__isnull=True) | ~models.Q(outcome="review"),
                name="risk_person_decides_finally",
            ),
            models.CheckConstraint(
                condition=models.Q(basis__isnull=False) | models.Q(score__isnull=False),
                name="risk_machine_has_score",
            ),
            models.UniqueConstraint(
                fields=["subject", "reference"],
                condition=models.Q(basis__isnull=True),
                name="risk_machine_decides_once",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse()

    @property
    def by_machine(self) -> bool:
        """Whether the machine decided, rather than a person."""
        return self.basis_id is None


class Trace(models.Model):
    """A keyed hash that an applicant left with a decision: what velocity counts. Never changed, never deleted."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="traces")
    kind = models.CharField(max_length=10, choices=choices(TRACE))
    index = models.CharField(max_length=64)
    customer_serial = models.CharField(max_length=20)
    reference = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        indexes = [models.Index(fields=["kind", "index", "at"]), models.Index(fields=["customer_serial", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[str(kind) for kind in TraceKind]), name="risk_trace_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.index[:12]}"


def _refuse() -> NoReturn:
    raise TypeError("a decision is never changed nor deleted: decide again")
