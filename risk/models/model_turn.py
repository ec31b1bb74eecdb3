from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from risk.models.decision import Decision
from risk.models.model_version import ModelVersion


class ModelTurn(models.Model):
    """From now on an approved model version decides, or is tried beside what decides. Never changed: the last counts.

    Champion without a version: the scorecard that the policy names decides. Challenger without: none is tried.
    """

    class Role(models.TextChoices):
        CHAMPION = "champion", _("decides")
        CHALLENGER = "challenger", _("is tried beside it, without effect")

    role = models.CharField(_("what it does"), max_length=10, choices=Role.choices)
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="turns", verbose_name=_("model version")
    )
    at = models.DateTimeField(_("from"))
    by = models.CharField(_("by"), max_length=100)
    why = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("turn of a model")
        verbose_name_plural = _("turns of models")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=["champion", "challenger"]), name="risk_model_turn_role")
        ]

    def __str__(self) -> str:
        return f"{self.version or '–'} {self.role}"


class ChallengerDecision(models.Model):
    """What would have been decided by the challenger's score, or why it gave none. Never changed, never deleted."""

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="challenge", verbose_name=_("decision")
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="challenges", verbose_name=_("model version")
    )
    score = models.IntegerField(_("score"), null=True)
    pd = models.DecimalField(_("probability of default"), max_digits=8, decimal_places=6, null=True)
    band = models.CharField(_("risk band"), max_length=4, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Decision.Outcome.choices, blank=True)
    limit = MoneyField(_("credit limit"), null=True)
    annual_rate = RateField(_("annual rate"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("decision of the challenger")
        verbose_name_plural = _("decisions of the challenger")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) ^ models.Q(failure=""),
                name="risk_challenger_scored_or_failed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.outcome or self.failure}"
