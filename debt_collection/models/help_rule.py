from django.db import models
from django.utils.translation import gettext_lazy as _


class HelpRule(models.Model):
    """To whom help is offered before anything is late: from when on, by which scorecard, from what probability."""

    effective_from = models.DateField(_("in force from"), unique=True)
    scorecard = models.CharField(_("scorecard"), max_length=60)
    days_before = models.PositiveSmallIntegerField(_("days before the due date"))
    pd_from = models.DecimalField(_("from this probability of trouble"), max_digits=5, decimal_places=4)

    class Meta:
        verbose_name = _("rule of early help")
        verbose_name_plural = _("rules of early help")
        ordering = ["-effective_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(days_before__gte=1, days_before__lte=25, pd_from__gt=0, pd_from__lte=1),
                name="debt_collection_help_rule_numbers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scorecard} ≥ {self.pd_from}"
