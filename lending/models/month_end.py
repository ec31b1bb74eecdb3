from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from lending.models.loan import Loan


class MonthEnd(models.Model):
    """How a standing loan stood at the end of a month. Written by that day's close; append-only in the database."""

    # The one statement that writes these reads the loans themselves: no check of each of a million again.
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", db_constraint=False, verbose_name=_("loan"))
    business_date = models.DateField(_("business date"))
    dpd = models.PositiveIntegerField(_("days past due"))
    principal = MoneyField(_("principal owed"))

    class Meta:
        verbose_name = _("standing at a month's end")
        verbose_name_plural = _("standings at months' ends")
        constraints = [models.UniqueConstraint(fields=["business_date", "loan"], name="lending_month_end_once")]

    def __str__(self) -> str:
        return f"{self.loan} {self.business_date}"
