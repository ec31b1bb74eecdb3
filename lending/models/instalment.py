from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.money import ZERO
from lending.allocation import Amounts
from lending.models.loan import Loan


class Instalment(models.Model):
    """One row of a loan's repayment schedule and what has been paid of it. Interest is owed once it has been raised."""

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="instalments", verbose_name=_("loan"))
    no = models.PositiveSmallIntegerField(_("instalment"))
    start = models.DateField(_("from"))
    due_date = models.DateField(_("due date"))
    principal = MoneyField(_("principal"))
    interest = MoneyField(_("interest"))
    balance = MoneyField(_("balance"))
    raised = models.BooleanField(_("has fallen due"), default=False)
    penalty = MoneyField(_("penalty interest"), default=ZERO)
    late_principal_days = MoneyField(_("late principal, yuan times days"), default=ZERO)
    paid_principal = MoneyField(_("principal paid"), default=ZERO)
    paid_interest = MoneyField(_("interest paid"), default=ZERO)
    paid_penalty = MoneyField(_("penalty interest paid"), default=ZERO)
    waived_interest = MoneyField(_("interest waived"), default=ZERO)
    waived_penalty = MoneyField(_("penalty interest waived"), default=ZERO)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "no"], name="lending_instalment_once"),
            models.CheckConstraint(
                condition=Q(paid_principal__gte=0, paid_principal__lte=F("principal"))
                & Q(paid_interest__gte=0, paid_interest__lte=F("interest") - F("waived_interest"))
                & Q(paid_penalty__gte=0, paid_penalty__lte=F("penalty") - F("waived_penalty")),
                name="lending_instalment_not_overpaid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan} #{self.no}"

    @property
    def total(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest

    @property
    def scheduled_unpaid(self) -> Decimal:
        """What is still to be paid of it without penalty: what makes it late."""
        return self.total - self.paid_principal - self.paid_interest - self.waived_interest

    def unpaid(self) -> Amounts:
        """What is still to be paid of it, yuan by component."""
        return Amounts(
            penalty=self.penalty - self.paid_penalty - self.waived_penalty,
            interest=self.interest - self.paid_interest - self.waived_interest,
            principal=self.principal - self.paid_principal,
        )
