"""The quote: schedule, annual rates, cost disclosure sheet. The same function books: the quote is the booking."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from lending import frozen_terms
from lending.conventions import DayCount
from lending.models import Loan, LoanApplication, Product
from lending.schedule import Schedule, make_schedule

RATE_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class CostItem:
    """One cost of a loan: its name, its standard as an annual rate, who gets it, and how much it is in yuan."""

    name: str
    annual_rate: Decimal
    payee: str
    amount: Decimal | None


@dataclass(frozen=True)
class Quote:
    """What a loan of `principal` yuan costs when everything is paid on its day. Rates are fractions.

    `apr` is the monthly IRR x 12, `effective_apr` the same compounded; both count every cost. In the first
    `cooling_off_days` it may be given back, for the interest of the days used if `cooling_off_interest`.
    """

    principal: Decimal
    annual_rate: Decimal
    value_date: dt.date
    method: str
    day_count: DayCount
    schedule: Schedule
    apr: Decimal
    effective_apr: Decimal
    penalty_annual_rate: Decimal
    cooling_off_days: int
    cooling_off_interest: bool

    @property
    def costs(self) -> list[CostItem]:
        """What is paid besides the principal when everything is paid on its day: interest, nothing else."""
        return [CostItem(str(_("Interest")), self.annual_rate, str(_("the lenders")), self.schedule.total_interest)]

    @property
    def contingent_costs(self) -> list[CostItem]:
        """What is paid only if something goes wrong."""
        name = _("Penalty interest, only on overdue principal")
        return [CostItem(str(name), self.penalty_annual_rate, str(_("the lenders")), None)]

    @property
    def no_other_cost(self) -> str:
        """The sentence that the law asks for."""
        return str(_("There is no other cost than those listed here."))

    @property
    def all_in_cost(self) -> Decimal:
        """All costs under normal performance, yuan."""
        return self.schedule.total_interest


def for_application(application: LoanApplication, *, value_date: dt.date) -> Quote:
    """The quote of an application's offer if the money were paid out on `value_date`. The offer must have been made."""
    assert application.offered_amount is not None
    assert application.annual_rate is not None
    return _quote(
        frozen_terms.freeze(application.product, application.method),
        application.offered_amount,
        application.annual_rate,
        application.term_months,
        value_date,
    )


def of_product(
    product: Product, *, method: str, principal: Decimal, annual_rate: Decimal, term_months: int, value_date: dt.date
) -> Quote:
    """What a loan under a product version, a draft too, would cost: the simulation."""
    return _quote(frozen_terms.freeze(product, method), principal, annual_rate, term_months, value_date)


def for_loan(loan: Loan, *, value_date: dt.date) -> Quote:
    """The quote of a loan under its frozen terms: what is booked when it is paid out on `value_date`."""
    return _quote(loan.frozen_terms, loan.principal, loan.annual_rate, loan.term_months, value_date)


def _quote(
    frozen: dict[str, Any], principal: Decimal, annual_rate: Decimal, term_months: int, value_date: dt.date
) -> Quote:
    terms = frozen_terms.terms(
        frozen, principal=principal, annual_rate=annual_rate, term_months=term_months, value_date=value_date
    )
    schedule = make_schedule(terms)
    nominal, effective = (schedule.apr.nominal, schedule.apr.effective) if schedule.apr else (Decimal(0), Decimal(0))
    return Quote(
        principal=principal,
        annual_rate=annual_rate,
        value_date=value_date,
        method=frozen["method"],
        day_count=frozen_terms.conventions_of(frozen).day_count,
        schedule=schedule,
        apr=nominal.quantize(RATE_PLACES),
        effective_apr=effective.quantize(RATE_PLACES),
        penalty_annual_rate=penalty_rate_of_year(frozen, annual_rate).quantize(RATE_PLACES),
        cooling_off_days=frozen.get("cooling_off_days", 0),
        cooling_off_interest=frozen.get("cooling_off_interest", True),
    )


def penalty_rate_of_year(frozen: dict[str, Any], annual_rate: Decimal) -> Decimal:
    """The annual penalty rate of frozen terms: the contract's times the factor, within the cap on all costs."""
    return min(annual_rate * Decimal(str(frozen["penalty_factor"])), Decimal(str(frozen["cost_cap"])))
