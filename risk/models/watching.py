from django.db import models
from django.utils.translation import gettext_lazy as _


class WatchedDay(models.Model):
    """A business day whose decisions were counted and judged (see risk.watching)."""

    business_date = models.DateField(_("business date"), unique=True)
    decisions = models.PositiveIntegerField(_("decisions"))
    watched_at = models.DateTimeField(_("watched (real time)"))

    class Meta:
        verbose_name = _("watched day")
        verbose_name_plural = _("watching")

    def __str__(self) -> str:
        return str(self.business_date)


class Tally(models.Model):
    """How many of a day's machine decisions, under one policy and scorecard, have a thing in one bin."""

    day = models.ForeignKey(WatchedDay, models.CASCADE, related_name="tallies")
    regime = models.CharField(max_length=130)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=60, blank=True)
    bin = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "regime", "kind", "subject", "bin"], name="risk_tally_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.subject} {self.bin}"


class Figure(models.Model):
    """A measure over the days that end with one day, beside what was expected of it."""

    class Measure(models.TextChoices):
        APPROVAL_RATE = "approval_rate", _("approval rate")
        SCORE_DRIFT = "score_drift", _("stability of the score (PSI)")
        FEATURE_DRIFT = "feature_drift", _("stability of a feature (CSI)")
        HIT_RATE = "hit_rate", _("share of decisions that a rule hits")
        LATENCY = "latency", _("99th percentile of a decision's time, milliseconds")
        CALIBRATION = "calibration", _("observed over expected defaults")
        EARLY_DEFAULTS = "early_defaults", _("early-payment defaults")

    day = models.ForeignKey(WatchedDay, models.CASCADE, related_name="figures", verbose_name=_("business date"))
    measure = models.CharField(_("measure"), max_length=20, choices=Measure.choices)
    subject = models.CharField(_("of"), max_length=60, blank=True)
    days = models.PositiveSmallIntegerField(_("days"))
    count = models.PositiveIntegerField(_("counted"))
    value = models.FloatField(_("value"))
    expected = models.FloatField(_("expected or allowed"))
    alarming = models.BooleanField(_("alarming"))

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [models.UniqueConstraint(fields=["day", "measure", "subject", "days"], name="risk_figure_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.measure} {self.subject}"
