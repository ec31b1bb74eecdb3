import datetime as dt

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.funding import Funder


class PartnerSettlement(StatefulModel):
    """What is settled with one partner after one business day, net. Yuan; negative is what the partner owes us.

    `due` is what the ledger held at the end of the day, `on_its_way` what earlier settlements move of it, and `amount`
    the rest: the order `order` pays it to the partner or, when it is negative, collects it. `paid_on` and `returned_on`
    are the dates of the postings.
    """

    class Status(models.TextChoices):
        DRAWN_UP = "drawn_up", _("drawn up")
        EVEN = "even", _("nothing to settle")
        ORDERED = "ordered", _("ordered")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed: still due")
        RETURNED = "returned", _("came back: due again")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="settlements", verbose_name=_("funding partner"))
    business_date = models.DateField(_("business date"))
    status = status_field(Status, Status.DRAWN_UP)
    due = MoneyField(_("due at the end of the day"))
    on_its_way = MoneyField(_("on its way already"))
    amount = MoneyField(_("amount settled"))
    order = models.CharField(_("payment order"), max_length=20, blank=True)
    paid_on = models.DateField(_("paid on"), null=True)
    returned_on = models.DateField(_("returned on"), null=True)

    class Meta:
        verbose_name = _("settlement with a partner")
        verbose_name_plural = _("settlements with partners")
        constraints = [
            models.UniqueConstraint(fields=["partner", "business_date"], name="lending_partner_settled_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(amount=F("due") - F("on_its_way")), name="lending_partner_settlement_adds_up"
            ),
            status_constraint(
                "lending_partner_settlement_status",
                *("drawn_up", "even", "ordered", "paid", "failed", "returned"),
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.DRAWN_UP, target=Status.EVEN)
    def close(self, *, by: str, why: str) -> None:
        """Nothing is due that is not on its way."""

    @transition(source=Status.DRAWN_UP, target=Status.ORDERED)
    def instruct(self, *, by: str, why: str, order: str) -> None:
        """The payment is ordered."""
        self.order = order

    @transition(source=[Status.ORDERED, Status.FAILED], target=Status.PAID)
    def pay(self, *, by: str, why: str, on: dt.date) -> None:
        """The money has moved: after all, where the institution said first that it had not. The next net knows."""
        self.paid_on = on

    @transition(source=Status.ORDERED, target=Status.FAILED)
    def fail(self, *, by: str, why: str) -> None:
        """It has not and will not: the next settlement takes it in."""

    @transition(source=Status.PAID, target=Status.RETURNED)
    def come_back(self, *, by: str, why: str, on: dt.date) -> None:
        """It had and came back: the next settlement takes it in."""
        self.returned_on = on
