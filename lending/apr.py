"""The annual percentage rate from cash flows: effective (EU) and nominal (monthly IRR × 12). No Django, no clock.

Floating point only finds the neighbourhood of the root; the figure itself comes from Newton's method in Decimal.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import mul
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
    """An amount in yuan, positive from the borrower, and its time in months after the first advance: an int where they
    are whole."""

    months: Decimal | int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Apr:
    """Both annual rates of the same flows, as fractions, unrounded."""

    nominal: Decimal
    effective: Decimal


def whole(months: Decimal) -> Decimal | int:
    """`months` as an int where they are whole: such flows have a shorter way to their rate."""
    return int(months) if months == int(months) else months


def months_between(start: date, end: date) -> Decimal | int:
    """The time base `months`: whole months counted back from `end`, 1/12 year each; the odd days come first and are
    taken over the 365 or 366 days of the year that ends with them (Directive 2008/48/EC, annex I as amended)."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day or add_months(start, months) == end:
        return months
    odd_end = add_months(end, -months)
    if odd_end < start:
        months -= 1
        odd_end = add_months(end, -months)
    days = (odd_end - start).days
    year = (odd_end - add_months(odd_end, -12)).days
    return months + Decimal(12 * days) / year


def time_in_months(start: date, end: date, base: TimeBase) -> Decimal | int:
    """The time from `start` to `end` in months (twelfths of a year) by `base`."""
    if base is TimeBase.DAYS_365:
        return Decimal(12 * (end - start).days) / 365
    return months_between(start, end)


def apr_of(flows: Sequence[Flow]) -> Apr:
    """Nominal (monthly IRR × 12) and effective annual rate of `flows`. Raises NoRate."""
    return _annual(monthly_growth(flows))


def apr_by_month(amounts: Sequence[Decimal]) -> Apr:
    """The same for one amount a month, yuan, positive from the borrower; the first is the advance. Raises NoRate."""
    last_first = amounts[::-1]
    discount = _rough_discount(last_first)
    if discount is None:
        return apr_of([Flow(month, amount) for month, amount in enumerate(amounts)])
    return _annual(1 / _polish_whole(last_first, discount))


def _annual(growth: Decimal) -> Apr:
    return Apr(nominal=(growth - 1) * 12, effective=growth**12 - 1)


def monthly_growth(flows: Sequence[Flow]) -> Decimal:
    """1 + the monthly internal rate of return. Raises NoRate."""
    signed = [flow.amount for flow in flows]
    if not signed or max(signed) <= 0 or min(signed) >= 0:
        raise NoRate
    months = [flow.months for flow in flows if isinstance(flow.months, int)]
    if len(months) < len(flows):
        return (-_polish_force(flows, Decimal(-_rough_force(flows)))).exp()
    amounts = _by_month(months, flows)
    discount = _rough_discount(amounts)
    return 1 / _polish_whole(amounts, math.exp(-_rough_force(flows)) if discount is None else discount)


def _by_month(months: Sequence[int], flows: Sequence[Flow]) -> list[Decimal]:
    """The sum of the flows of each month from the first to the last, the last one first."""
    first = min(months)
    amounts = [ZERO] * (max(months) - first + 1)
    for month, flow in zip(months, flows, strict=True):
        amounts[month - first] += flow.amount
    amounts.reverse()
    return amounts


def _rough_discount(amounts: Sequence[Decimal]) -> float | None:
    """The monthly discount factor of `amounts` by month, the last first, to 14 digits; None where Newton strays."""
    rough = [float(amount) for amount in amounts]
    discount = _first_guess(rough)
    for _ in range(20):
        value = slope = 0.0
        for amount in rough:
            slope = slope * discount + value
            value = value * discount + amount
        if slope <= 0 or not 0 < (following := discount - value / slope) < 3:
            return None
        if abs(following - discount) < 1e-8:  # each step doubles the digits: this one had 8 and gave 14 or more
            return following
        discount = following
    return None


def _first_guess(rough: Sequence[float]) -> float:
    """The discount factor if all were repaid at the mean time of the payments; 1 where that says nothing."""
    lent = -sum(amount for amount in rough if amount < 0)
    paid = sum(rough) + lent
    mean = sum(map(mul, rough, range(len(rough) - 1, -1, -1))) / paid if paid else 0
    return (lent / paid) ** (1 / mean) if mean > 0 else 1.0


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


def _polish_whole(amounts: Sequence[Decimal], guess: float) -> Decimal:
    """The monthly discount factor of `amounts` by month, from a good guess: one step of Newton's doubles the digits."""
    discount = Decimal(repr(guess))
    value = slope = ZERO
    for amount in amounts:
        slope = slope * discount + value
        value = value * discount + amount
    return discount - value / slope


def _polish_force(flows: Sequence[Flow], force: Decimal) -> Decimal:
    """The same for times with fractions of a month; works on the logarithm of the discount factor."""
    for _ in range(2):
        terms = [(amount * (force * months).exp(), months) for months, amount in flows]
        value = sum((term for term, _ in terms), ZERO)
        force -= value / sum((term * months for term, months in terms), ZERO)
    return force
