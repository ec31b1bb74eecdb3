from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import RateField


class AllowanceRate(models.Model):
    """How much of a loan's principal is set aside against loss, by expected-loss stage, from a date on."""

    class Stage(models.IntegerChoices):
        PERFORMING = 1, _("stage 1")
        DETERIORATED = 2, _("stage 2")
        IMPAIRED = 3, _("stage 3")

    stage = models.PositiveSmallIntegerField(_("stage"), choices=Stage.choices)
    above_dpd = models.SmallIntegerField(_("above so many days past due"))
    rate = RateField(_("rate of allowance"))
    effective_from = models.DateField(_("in force from"))

    class Meta:
        verbose_name = _("rate of allowance")
        verbose_name_plural = _("rates of allowance")
        ordering = ["-effective_from", "stage"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "effective_from"], name="lending_allowance_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="lending_allowance_rate_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.effective_from}"
