from django.db import models
from django.utils.translation import gettext_lazy as _


class StrategyStep(models.Model):
    """A line of the strategy table: on which days past due which reminder goes out, while the line is in force."""

    dpd_from = models.PositiveIntegerField(_("from day past due"))
    dpd_to = models.PositiveIntegerField(_("to day past due"))
    every_days = models.PositiveIntegerField(_("every so many days"), default=1)
    template = models.CharField(_("message"), max_length=60)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force to"), null=True, blank=True)

    class Meta:
        verbose_name = _("strategy step")
        verbose_name_plural = _("strategy steps")
        ordering = ["dpd_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(dpd_from__gte=1, dpd_to__gte=models.F("dpd_from"), every_days__gte=1),
                name="debt_collection_step_days",
            ),
            models.UniqueConstraint(fields=["dpd_from", "effective_from"], name="debt_collection_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dpd_from}–{self.dpd_to}: {self.template}"

    def is_due_on(self, dpd: int) -> bool:
        """Whether this step reminds a debtor who is `dpd` days past due."""
        return self.dpd_from <= dpd <= self.dpd_to and (dpd - self.dpd_from) % self.every_days == 0
