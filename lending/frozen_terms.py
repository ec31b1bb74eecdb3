"""The terms of one loan as plain data: taken from a product version, frozen into the loan, turned into arithmetic."""

import datetime as dt
from decimal import Decimal
from typing import Any

from lending import buckets
from lending.allocation import Component
from lending.conventions import Conventions, DayCount, InterestOn, MonthEnd, Parts, Residue, Rounding
from lending.events import LateOrders
from lending.interest import Rate, RateKind
from lending.models import Product
from lending.periods import Calendar, Every
from lending.terms import Draw, Method, Terms

MONTHLY = Every(months=1)


def freeze(product: Product, method: str) -> dict[str, Any]:
    """Every convention of a product version, and the method chosen from it, as a loan keeps them."""
    return {
        "product": product.code,
        "version": product.version,
        "method": Method(method).value,
        "conventions": product.conventions,
        "penalty_factor": str(product.penalty_factor),
        "cost_cap": str(product.cost_cap),
        "grace_days": product.grace_days,
        "allocation_order": product.allocation_order,
        "late_orders": product.late_orders,
        "cooling_off_days": product.cooling_off_days,
        "cooling_off_interest": product.cooling_off_interest,
    }


def terms(
    frozen: dict[str, Any], *, principal: Decimal, annual_rate: Decimal, term_months: int, value_date: dt.date
) -> Terms:
    """The terms that the arithmetic computes with. `principal` in yuan, `annual_rate` a fraction."""
    conventions = conventions_of(frozen)
    calendar = Calendar(value_date, MONTHLY, month_end=conventions.month_end)
    return Terms(
        draws=(Draw(value_date, principal),),
        rate=Rate(RateKind.ANNUAL, annual_rate),
        method=Method(frozen["method"]),
        periods=calendar.periods(term_months),
        conventions=conventions,
        calendar=calendar,
    )


def conventions_of(frozen: dict[str, Any]) -> Conventions:
    """The conventions frozen into a loan."""
    named = frozen["conventions"]
    level, unit = named.get("instalment_rounding"), named.get("instalment_round_to")
    return Conventions(
        day_count=DayCount(named["day_count"]),
        rounding=Rounding(named["rounding"]),
        round_to=Decimal(named["round_to"]),
        instalment_rounding=Rounding(level) if level else None,
        instalment_round_to=Decimal(unit) if unit else None,
        residue=Residue(named["residue"]),
        month_end=MonthEnd(named["month_end"]),
        parts=Parts(named["parts"]),
        interest_on=InterestOn(named["interest_on"]),
    )


def allocation_order(frozen: dict[str, Any]) -> tuple[Component, ...]:
    """In which order a payment pays the components of an instalment."""
    return _order(frozen["allocation_order"])


def late_orders(frozen: dict[str, Any]) -> LateOrders:
    """From how many days past due on a payment pays in another order, and in which. Loans frozen before products could
    say so have none."""
    named = frozen.get("late_orders", {})
    return tuple((buckets.first_day(name), _order(named[name])) for name in buckets.OVERDUE if name in named)


def _order(names: list[str]) -> tuple[Component, ...]:
    return tuple(Component(name) for name in names)
