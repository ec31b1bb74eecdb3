from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from core.fields import MoneyField
from core.money import ZERO
from core.transitions import StatefulModel, status_constraint, status_field, transition


class CreditLine(StatefulModel):
    """How much a customer may owe us: `limit` = `used` (principal owed) + `held` (draws in flight) + available."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FROZEN = "frozen", _("frozen")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    customer = models.OneToOneField(Customer, models.PROTECT, related_name="credit_line", verbose_name=_("customer"))
    status = status_field(Status, Status.ACTIVE)
    limit = MoneyField(_("credit limit"))
    used = MoneyField(_("used"), default=ZERO)
    held = MoneyField(_("held"), default=ZERO)

    class Meta:
        verbose_name = _("credit line")
        verbose_name_plural = _("credit lines")
        constraints = [
            status_constraint("lending_credit_line_status", "active", "frozen"),
            models.CheckConstraint(
                condition=Q(used__gte=0, held__gte=0, limit__gte=F("used") + F("held")),
                name="lending_line_not_overdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def available(self) -> Decimal:
        """What may still be drawn, yuan."""
        return self.limit - self.used - self.held

    @transition(source=Status.ACTIVE, target=Status.FROZEN)
    def freeze(self, *, by: str, why: str) -> None:
        """Nothing more may be drawn."""

    @transition(source=Status.FROZEN, target=Status.ACTIVE)
    def thaw(self, *, by: str, why: str) -> None:
        """Drawing is possible again."""


class LimitHold(models.Model):
    """A part of a credit line reserved while a draw is in flight: then it is used or released, once."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        USED = "used", _("used")
        RELEASED = "released", _("released")

    credit_line = models.ForeignKey(CreditLine, models.PROTECT, related_name="holds", verbose_name=_("credit line"))
    loan_serial = models.CharField(_("loan"), max_length=20, unique=True)
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)

    class Meta:
        verbose_name = _("limit hold")
        verbose_name_plural = _("limit holds")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="lending_hold_positive")]
