"""The annual percentage rate by the United States' actuarial method: unit-periods, odd days, simple interest on the odd
part (Regulation Z, 12 CFR 1026, appendix J). No Django, no clock."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from core.money import ZERO
from lending.apr import NoRate, nearest_root
from lending.periods import add_months, whole_months

DAYS_OF_MONTH = 30
WEEKS_OF_YEAR = 52


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """The span that rates count in: `months`, half months or `days`; `per_year` such spans make a year."""

    per_year: Decimal
    months: int = 0
    half_months: bool = False
    days: int = 0

    def between(self, start: date, end: date) -> tuple[int, Decimal]:
        """Whole unit-periods and the remaining fraction from `start` to `end` (appendix J (b)(5))."""
        if self.days:
            whole, odd = divmod((end - start).days, self.days)
            return whole, Decimal(odd) / self.days
        months, days = _months_back(start, end)
        if self.months == 12:
            return _years(start, end, months)
        if self.months == 1:
            return months, Decimal(days) / DAYS_OF_MONTH
        unit = DAYS_OF_MONTH * self.months or DAYS_OF_MONTH // 2
        whole, odd = divmod(DAYS_OF_MONTH * months + days, unit)
        return whole, Decimal(odd) / unit


def of_months(months: int) -> UnitPeriod:
    """A unit-period of whole months, at most twelve."""
    return UnitPeriod(Decimal(12) / months, months=months)


def of_weeks(weeks: int) -> UnitPeriod:
    """A unit-period of whole weeks, 52 of them a year."""
    return UnitPeriod(Decimal(WEEKS_OF_YEAR) / weeks, days=7 * weeks)


HALF_MONTH = UnitPeriod(Decimal(24), half_months=True)
DAY = UnitPeriod(Decimal(365), days=1)
BY_COUNT = {
    52: of_weeks(1),
    26: of_weeks(2),
    24: HALF_MONTH,
    13: of_weeks(4),
    12: of_months(1),
    6: of_months(2),
    4: of_months(3),
}


class DatedFlow(NamedTuple):
    """Yuan advanced or paid on a date."""

    date: date
    amount: Decimal


def us_actuarial_rate(
    advances: Sequence[DatedFlow], payments: Sequence[DatedFlow], unit: UnitPeriod | None = None
) -> Decimal:
    """The annual rate (a fraction, unrounded): unit-periods a year times the rate of one. Raises NoRate.

    Without `unit` the dates tell the unit-period (appendix J (b)(4)).
    """
    start = min(flow.date for flow in advances)
    unit = unit or unit_period(sorted({flow.date for flow in advances}), sorted({flow.date for flow in payments}))
    flows = [(*unit.between(start, flow.date), -flow.amount) for flow in advances]
    flows += [(*unit.between(start, flow.date), flow.amount) for flow in payments]
    return unit.per_year * rate_of_unit_periods(flows)


def us_actuarial_rate_at(
    advances: Sequence[tuple[Decimal, Decimal]], payments: Sequence[tuple[Decimal, Decimal]], per_year: int
) -> Decimal:
    """The same for flows of (months after the beginning, yuan), with `per_year` unit-periods a year. Raises NoRate."""
    start = min(months for months, _ in advances)
    signed = [(months, -amount) for months, amount in advances] + list(payments)
    flows = []
    for months, amount in signed:
        units = (months - start) * per_year / 12
        flows.append((int(units), units % 1, amount))
    return per_year * rate_of_unit_periods(flows)


def unit_period(advances: Sequence[date], payments: Sequence[date]) -> UnitPeriod:
    """The unit-period of dates in order: the most frequent common period; without one, the average; at most a year."""
    if len(advances) == 1 and len(payments) == 1:
        return _single_term(advances[0], payments[0])
    if _twice_a_month(payments):
        return HALF_MONTH
    steps = [*_steps(advances), *_steps([advances[0], *payments])]
    common = [(span, times) for span, times in Counter(_span(*step) for step in steps).items() if times > 1]
    if not common:
        return _average(steps)
    most = max(times for _, times in common)
    return max((span for span, times in common if times == most), key=lambda span: span.per_year)


def _steps(days: Sequence[date]) -> list[tuple[date, date]]:
    return [(start, end) for start, end in pairwise(days) if start < end]


def _span(start: date, end: date) -> UnitPeriod:
    """A span as whole months, else whole weeks, else days; at most a year."""
    months, days = whole_months(start, end), (end - start).days
    if months or days > 365:
        return of_months(min(months or 12, 12))
    return of_weeks(days // 7) if days % 7 == 0 else UnitPeriod(Decimal(365) / days, days=days)


def _twice_a_month(payments: Sequence[date]) -> bool:
    """Whether payments fall on the same two days of every month."""
    if len(payments) < 4:
        return False
    return all(whole_months(day, later) == 1 for day, later in zip(payments, payments[2:], strict=False))


def _single_term(start: date, end: date) -> UnitPeriod:
    months = whole_months(start, end)
    if months:
        return of_months(min(months, 12))
    days = (end - start).days
    return UnitPeriod(Decimal(365) / days, days=days) if 0 < days < 365 else of_months(12)


def _average(spans: Sequence[tuple[date, date]]) -> UnitPeriod:
    """The standard interval nearest the average of all periods; of two equally near, the lower."""
    days = Decimal(sum((end - start).days for start, end in spans)) / len(spans)
    year = Decimal(365)
    standard = [DAY, HALF_MONTH, *(of_weeks(count) for count in range(1, 53)), *(of_months(n) for n in range(1, 13))]
    return min(standard, key=lambda span: (abs(year / span.per_year - days), -span.per_year))


def _months_back(start: date, end: date) -> tuple[int, int]:
    """Full months measured back from `end`, and the days from `start` to the first of them."""
    together = whole_months(start, end)
    if together:
        return together, 0
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(end, -months) < start:
        months -= 1
    return months, (add_months(end, -months) - start).days


def _years(start: date, end: date, months: int) -> tuple[int, Decimal]:
    """Full years back from `end`; the rest in months where it is whole months, else in days over 365."""
    years = months // 12
    begin = add_months(end, -12 * years)
    rest = whole_months(start, begin)
    return years, Decimal(rest) / 12 if rest else Decimal((begin - start).days) / 365


def rate_of_unit_periods(flows: Sequence[tuple[int, Decimal, Decimal]]) -> Decimal:
    """The rate of one unit-period for flows of (whole unit-periods, fraction, yuan positive from the borrower):
    Σ amount / ((1 + fraction·i)·(1 + i)^whole) = 0 (appendix J (b)(8)). Raises NoRate."""
    if not any(amount > 0 for _, _, amount in flows) or not any(amount < 0 for _, _, amount in flows):
        raise NoRate
    rough = [(whole, float(odd), float(amount)) for whole, odd, amount in flows]

    def value(force: float) -> float:
        i = math.expm1(force)
        return math.fsum(amount / (1 + odd * i) * math.exp(-force * whole) for whole, odd, amount in rough)

    return _polish(flows, Decimal(math.expm1(nearest_root(value))))


def _polish(flows: Sequence[tuple[int, Decimal, Decimal]], i: Decimal) -> Decimal:
    """Newton's method in Decimal, from a good guess."""
    for _ in range(2):
        value = slope = ZERO
        for whole, odd, amount in flows:
            term = amount / ((1 + odd * i) * (1 + i) ** whole)
            value += term
            slope -= term * (odd / (1 + odd * i) + whole / (1 + i))
        i -= value / slope
    return i
