from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition


class Product(StatefulModel):
    """What is lent on which terms, as a version. A loan freezes its version's terms.

    `late_orders` holds the overdue buckets (M1 … M6+) from which a payment pays in another order than
    `allocation_order`, each with that order.

    The version in force is the published one with the latest `effective_from` that has come: each ends where the next
    begins, so there is never more than one. PostgreSQL refuses to change a published version.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waiting for a second person")
        PUBLISHED = "published", _("published")

    code = models.SlugField(_("product code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    status = status_field(Status, Status.DRAFT)
    authors = models.JSONField(_("authors"), default=list)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    minimum_amount = MoneyField(_("smallest amount"))
    maximum_amount = MoneyField(_("largest amount"))
    terms_months = models.JSONField(_("terms in months"))
    methods = models.JSONField(_("repayment methods"))
    minimum_rate = RateField(_("lowest annual rate"))
    maximum_rate = RateField(_("highest annual rate"))
    conventions = models.JSONField(_("conventions"))
    penalty_factor = RateField(_("penalty rate over contract rate"))
    cost_cap = RateField(_("highest all-in annual cost"))
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    allocation_order = models.JSONField(_("allocation order"))
    late_orders = models.JSONField(_("allocation order by overdue bucket"), default=dict, blank=True)
    offer_days = models.PositiveSmallIntegerField(_("days an offer stands"))
    reading_seconds = models.PositiveSmallIntegerField(_("forced reading time in seconds"))
    cooling_off_days = models.PositiveSmallIntegerField(_("days in which a loan can be given back"), default=0)
    cooling_off_interest = models.BooleanField(_("interest of the days used is owed then"), default=True)
    effective_from = models.DateField(_("in force from"))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        permissions = [("draft_product", "Can draft products"), ("publish_product", "Can publish products")]
        constraints = [
            status_constraint("lending_product_status", "draft", "proposed", "published"),
            models.UniqueConstraint(fields=["code", "version"], name="lending_product_version_once"),
            models.UniqueConstraint(
                fields=["code", "effective_from"],
                condition=models.Q(status="published"),
                name="lending_product_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en

    @transition(source=Status.DRAFT, target=Status.DRAFT)
    def edit(self, *, by: str, why: str, terms: dict[str, Any]) -> None:
        """Set fields of the draft; whoever does so becomes one of its authors."""
        for name, value in terms.items():
            setattr(self, name, value)
        self.authors = sorted({*self.authors, by})

    @transition(source=Status.DRAFT, target=Status.PROPOSED)
    def propose(self, *, by: str, why: str) -> None:
        """The draft is ready for a second person."""

    @transition(source=Status.PROPOSED, target=Status.DRAFT)
    def send_back(self, *, by: str, why: str) -> None:
        """It shall be worked on again."""

    @transition(source=Status.PROPOSED, target=Status.PUBLISHED)
    def publish(self, *, by: str, why: str) -> None:
        """From `effective_from` on it is lent on these terms."""
