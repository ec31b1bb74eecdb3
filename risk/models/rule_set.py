from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from risk.models.decision import Decision


class RuleSet(StatefulModel):
    """Rule tables as a version. PostgreSQL refuses to change a published one, or one published by an author, or
    without a backtest of exactly its content.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waiting for a second person")
        PUBLISHED = "published", _("published")

    version = models.PositiveIntegerField(_("version"), unique=True)
    status = status_field(Status, Status.DRAFT)
    authors = models.JSONField(_("authors"), default=list)
    document = models.JSONField(_("tables"))
    digest = models.CharField(_("digest"), max_length=64)
    published_by = models.CharField(_("published by"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        permissions = [("draft_ruleset", "Can draft rule sets"), ("publish_ruleset", "Can publish rule sets")]
        constraints = [
            status_constraint("risk_rule_set_status", "draft", "proposed", "published"),
            models.CheckConstraint(
                condition=models.Q(status="published") ^ models.Q(published_by=""), name="risk_rule_set_published_by"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """As decisions store it."""
        return f"rules-{self.version}"

    @transition(source=Status.DRAFT, target=Status.DRAFT)
    def edit(self, *, by: str, why: str, document: dict[str, Any], digest: str) -> None:
        """Other tables; whoever writes them becomes one of the authors."""
        self.document, self.digest = document, digest
        self.authors = sorted({*self.authors, by})

    @transition(source=Status.DRAFT, target=Status.PROPOSED)
    def propose(self, *, by: str, why: str) -> None:
        """The draft is ready for a second person."""

    @transition(source=Status.PROPOSED, target=Status.DRAFT)
    def send_back(self, *, by: str, why: str) -> None:
        """It shall be worked on again."""

    @transition(source=Status.PROPOSED, target=Status.PUBLISHED)
    def publish(self, *, by: str, why: str) -> None:
        """It may decide from now on, and stays as it is."""
        self.published_by = by


class RuleTurn(models.Model):
    """From a moment on a published rule set decides, or is tried in its shadow. Never changed: the last word counts.

    Shadow without a rule set: nothing is tried any more.
    """

    class Role(models.TextChoices):
        LIVE = "live", _("decides")
        SHADOW = "shadow", _("is tried beside it, without effect")

    role = models.CharField(_("what it does"), max_length=6, choices=Role.choices)
    rule_set = models.ForeignKey(
        RuleSet, null=True, on_delete=models.PROTECT, related_name="turns", verbose_name=_("rule set")
    )
    effective_at = models.DateTimeField(_("from"))
    by = models.CharField(_("by"), max_length=100)
    why = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("turn of a rule set")
        verbose_name_plural = _("turns of rule sets")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=["live", "shadow"]), name="risk_rule_turn_role"),
            models.CheckConstraint(
                condition=models.Q(role="shadow") | models.Q(rule_set__isnull=False), name="risk_something_decides"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_set or '–'} {self.role}"


class Backtest(models.Model):
    """What a rule set would have decided on stored decisions. Never changed, never deleted."""

    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, related_name="backtests", verbose_name=_("rule set")
    )
    digest = models.CharField(_("digest of the content"), max_length=64)
    since = models.DateField(_("from"))
    until = models.DateField(_("to, that day included"))
    result = models.JSONField(_("result"))
    by = models.CharField(_("by"), max_length=100)
    at = models.DateTimeField(_("made (real time)"))

    class Meta:
        verbose_name = _("backtest")
        verbose_name_plural = _("backtests")

    def __str__(self) -> str:
        return f"{self.rule_set} {self.since} – {self.until}"


class ShadowDecision(models.Model):
    """What the rule set in the shadow would have decided on an application. Never changed, never deleted."""

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="shadow", verbose_name=_("decision")
    )
    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, related_name="shadow_decisions", verbose_name=_("rule set")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Decision.Outcome.choices)
    limit = MoneyField(_("credit limit"))
    annual_rate = RateField(_("annual rate"))
    hits = models.JSONField(_("hits"))

    class Meta:
        verbose_name = _("decision in the shadow")
        verbose_name_plural = _("decisions in the shadow")

    def __str__(self) -> str:
        return f"{self.decision} {self.outcome}"
