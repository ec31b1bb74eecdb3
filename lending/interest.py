"""From a rate and days to interest: day counts and rate factors, kept exact until rounded. No Django, no clock."""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from lending.conventions import DayCount
from lending.periods import Period, whole_months

YEAR_DAYS = {DayCount.ACTUAL_365: 365, DayCount.ACTUAL_360: 360, DayCount.ACTUAL_364: 364}


class RateKind(StrEnum):
    """What a rate is a fraction for."""

    ANNUAL = "annual_rate"
    DAILY = "daily_rate"
    PER_PERIOD = "rate_per_period"


@dataclass(frozen=True, slots=True)
class Rate:
    """A contract rate: a fraction a year, a day or a period."""

    kind: RateKind
    value: Decimal


class Factor(NamedTuple):
    """Interest per yuan of balance as a quotient, so that a tie of half a fen is not lost before it is rounded."""

    over: Decimal
    under: int

    @property
    def value(self) -> Decimal:
        """The quotient, unrounded (28 digits)."""
        return self.over / self.under

    def on(self, balance: Decimal) -> Decimal:
        """Unrounded interest on `balance` yuan."""
        return balance * self.over / self.under


NOTHING = Factor(Decimal(0), 1)


def year_fraction(day_count: DayCount, start: date, end: date, period: Period | None = None) -> tuple[int, int]:
    """Days [start, end) as a fraction of a year, as numerator and denominator.

    `actual/actual` divides the days of leap years by 366 and the others by 365 (ISDA). `30/360` gives a month 30 days
    whatever its length; a part of `period` gets its share by actual days.
    """
    if day_count in YEAR_DAYS:
        return (end - start).days, YEAR_DAYS[day_count]
    if day_count is DayCount.ACTUAL_ACTUAL:
        return _actual_actual(start, end)
    if period is None or (start == period.start and end == period.due):
        return _days_of_30(start, end), 360
    return _days_of_30(period.start, period.due) * (end - start).days, 360 * period.days


def _actual_actual(start: date, end: date) -> tuple[int, int]:
    if start.year == end.year:
        return (end - start).days, 366 if isleap(start.year) else 365
    leap = sum(
        (min(end, date(year + 1, 1, 1)) - max(start, date(year, 1, 1))).days
        for year in range(start.year, end.year + 1)
        if isleap(year)
    )
    common = (end - start).days - leap
    return (leap, 366) if not common else (common, 365) if not leap else (leap * 365 + common * 366, 365 * 366)


def _days_of_30(start: date, end: date) -> int:
    months = whole_months(start, end)
    if months:
        return 30 * months
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + min(end.day, 30) - min(start.day, 30)


def rate_factors(rate: Rate, day_count: DayCount, periods: Sequence[Period]) -> list[Factor]:
    """Interest per yuan for each of `periods`, whole."""
    if rate.kind is RateKind.DAILY and day_count is not DayCount.THIRTY_360:
        lengths = [(due - start).days for start, due, _ in periods]
        factors = {days: Factor(rate.value * days, 1) for days in set(lengths)}  # months have few lengths
        return [factors[days] for days in lengths]
    return [rate_factor(rate, day_count, period.start, period.due, period) for period in periods]


def rate_factor(rate: Rate, day_count: DayCount, start: date, end: date, period: Period) -> Factor:
    """Interest per yuan for the days [start, end) inside `period`.

    A daily rate counts actual days (30 a month under 30/360); a rate per period its share of the regular days.
    """
    if rate.kind is RateKind.PER_PERIOD:
        return Factor(rate.value * (end - start).days, period.regular_days)
    if rate.kind is RateKind.DAILY and day_count is not DayCount.THIRTY_360:
        return Factor(rate.value * (end - start).days, 1)
    over, under = year_fraction(day_count, start, end, period)
    if rate.kind is RateKind.ANNUAL:
        return Factor(rate.value * over, under)
    return Factor(rate.value * over * 360, under)
