from django.db import models
from django.utils.translation import gettext_lazy as _


class ClosedDay(models.Model):
    """A business date whose loans have all been brought to its end, but for those parked."""

    business_date = models.DateField(_("business date"), unique=True)
    closed_at = models.DateTimeField(_("closed (real time)"))
    loans = models.PositiveIntegerField(_("loans closed"))
    parked = models.PositiveIntegerField(_("loans parked"))
    deductions_planned = models.BooleanField(_("the next morning's deductions are planned"), default=False)

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")

    def __str__(self) -> str:
        return self.business_date.isoformat()
