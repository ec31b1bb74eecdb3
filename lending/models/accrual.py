from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from lending.models.funding import Funder


class DayAccrual(models.Model):
    """What a funder's loans of a product had earned but not billed at the end of a business date, and what of the
    billed is no income while its loans are non-accrual. Append-only in the database.
    """

    business_date = models.DateField(_("business date"))
    product_code = models.CharField(_("product code"), max_length=40)
    funder = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funder"))
    accrued = MoneyField(_("interest accrued, not yet due"))
    suspended_interest = MoneyField(_("interest suspended"))
    suspended_penalty = MoneyField(_("penalty interest suspended"))

    class Meta:
        verbose_name = _("day's accrual")
        verbose_name_plural = _("days' accruals")
        ordering = ["-business_date", "product_code", "funder"]
        constraints = [
            models.UniqueConstraint(fields=["business_date", "product_code", "funder"], name="lending_accrual_once")
        ]

    def __str__(self) -> str:
        return f"{self.business_date} {self.product_code} {self.funder}"
