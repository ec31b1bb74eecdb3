from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField


class Product(models.Model):
    """What is lent on which terms, as a version with effective dates. A loan freezes its version's terms."""

    code = models.CharField(_("product code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    minimum_amount = MoneyField(_("smallest amount"))
    maximum_amount = MoneyField(_("largest amount"))
    terms_months = models.JSONField(_("terms in months"))
    minimum_rate = RateField(_("lowest annual rate"))
    maximum_rate = RateField(_("highest annual rate"))
    conventions = models.JSONField(_("conventions"))
    penalty_factor = RateField(_("penalty rate over contract rate"))
    cost_cap = RateField(_("highest all-in annual cost"))
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    allocation_order = models.JSONField(_("allocation order"))
    offer_days = models.PositiveSmallIntegerField(_("days an offer stands"))
    reading_seconds = models.PositiveSmallIntegerField(_("forced reading time in seconds"))
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force to"), null=True, blank=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="lending_product_version_once")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en
