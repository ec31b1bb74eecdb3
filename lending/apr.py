"""The annual percentage rate from cash flows: effective (EU) and nominal (monthly IRR × 12). No Django, no clock.

Floating point only finds the neighbourhood of the root; the figure itself comes from Newton's method in Decimal.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from core.money import ZERO
from lending.periods import add_months

PLACES = Decimal("0.00000001")
MOST_STEPS = 200


class TimeBase(StrEnum):
    """How the time between two dates is measured in years."""

    MONTHS = "months"
    DAYS_365 = "days365"


class NoRate(ValueError):
    """The flows have no rate: nothing is advanced, nothing is paid, or no rate makes them even."""


class Flow(NamedTuple):
    """An amount in yuan, positive from the borrower, and its time in months after the first advance."""

    months: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Apr:
    """Both annual rates of the same flows, as fractions, unrounded."""

    nominal: Decimal
    effective: Decimal


def months_between(start: date, end: date) -> Decimal:
    """The time base `months`: whole months counted back from `end`, 1/12 year each; the odd days come first and are
    taken over the 365 or 366 days of the year that ends with them (Directive 2008/48/EC, annex I as amended)."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day or add_months(start, months) == end:
        return Decimal(months)
    odd_end = add_months(end, -months)
    if odd_end < start:
        months -= 1
        odd_end = add_months(end, -months)
    days = (odd_end - start).days
    year = (odd_end - add_months(odd_end, -12)).days
    return months + Decimal(12 * days) / year


def time_in_months(start: date, end: date, base: TimeBase) -> Decimal:
    """The time from `start` to `end` in months (twelfths of a year) by `base`."""
    if base is TimeBase.DAYS_365:
        return Decimal(12 * (end - start).days) / 365
    return months_between(start, end)


def apr_of(flows: Sequence[Flow]) -> Apr:
    """Nominal (monthly IRR × 12) and effective annual rate of `flows`. Raises NoRate."""
    growth = monthly_growth(flows)
    return Apr(nominal=(growth - 1) * 12, effective=growth**12 - 1)


def monthly_growth(flows: Sequence[Flow]) -> Decimal:
    """1 + the monthly internal rate of return. Raises NoRate."""
    if not any(flow.amount > 0 for flow in flows) or not any(flow.amount < 0 for flow in flows):
        raise NoRate
    discount = Decimal(math.exp(-_rough_force(flows)))
    if all(flow.months == int(flow.months) for flow in flows):
        return 1 / _polish_whole(sorted(flows), discount)
    return (-_polish_force(flows, discount.ln())).exp()


def _rough_force(flows: Sequence[Flow]) -> float:
    """The force of interest a month, to about 14 digits: Newton, and bisection where Newton strays."""
    times = [float(flow.months) for flow in flows]
    amounts = [float(flow.amount) for flow in flows]

    def value(force: float) -> float:
        return math.fsum(a * math.exp(-force * t) for a, t in zip(amounts, times, strict=True))

    force = 0.0
    for _ in range(MOST_STEPS):
        terms = [a * math.exp(-force * t) for a, t in zip(amounts, times, strict=True)]
        slope = -sum(term * t for term, t in zip(terms, times, strict=True))
        if slope >= 0:
            break
        step = sum(terms) / slope
        if not abs(step) < 1:
            break
        force -= step
        if abs(step) < 1e-13:
            return force
    return nearest_root(value)


def nearest_root(value: Callable[[float], float]) -> float:
    """A root of `value` by bisection, the one nearest zero. Raises NoRate."""
    width = 0.01
    while width < 20:
        for low, high in ((0.0, width), (-width, 0.0)):
            if value(low) * value(high) <= 0:
                for _ in range(MOST_STEPS):
                    middle = (low + high) / 2
                    low, high = (low, middle) if value(low) * value(middle) <= 0 else (middle, high)
                return (low + high) / 2
        width *= 2
    raise NoRate


def _polish_whole(flows: Sequence[Flow], discount: Decimal) -> Decimal:
    """The monthly discount factor, from a good guess, where every time is a whole number of months."""
    for _ in range(2):
        value = slope = ZERO
        later = flows[-1].months
        for months, amount in reversed(flows):
            for _ in range(int(later - months)):
                slope = slope * discount + value
                value *= discount
            value += amount
            later = months
        discount -= value / slope
    return discount


def _polish_force(flows: Sequence[Flow], force: Decimal) -> Decimal:
    """The same for times with fractions of a month; works on the logarithm of the discount factor."""
    for _ in range(2):
        terms = [(amount * (force * months).exp(), months) for months, amount in flows]
        value = sum((term for term, _ in terms), ZERO)
        force -= value / sum((term * months for term, months in terms), ZERO)
    return force
