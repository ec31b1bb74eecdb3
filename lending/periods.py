"""Due dates: months that clamp or roll, periods of days, an odd first period. No Django, no clock."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from lending.conventions import MonthEnd

DAYS_OF = {"day": 1, "week": 7}
MONTHS_OF = {"month": 1, "year": 12}


def add_months(start: date, months: int) -> date:
    """The same day `months` later, or the last day of a month that is too short for it."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    month += 1
    return date(year, month, start.day if start.day < 29 else min(start.day, monthrange(year, month)[1]))


def is_month_end(day: date) -> bool:
    """Whether `day` is the last of its month."""
    return day.day == monthrange(day.year, day.month)[1]


def whole_months(start: date, due: date) -> int:
    """How many months lead exactly from `start` to `due`, month ends taken together; 0 if none do."""
    months = (due.year - start.year) * 12 + due.month - start.month
    if months <= 0:
        return 0
    together = start.day == due.day or (is_month_end(due) and (start.day > due.day or is_month_end(start)))
    return months if together else 0


@dataclass(frozen=True, slots=True)
class Every:
    """The distance from one due date to the next: months or days, one of them zero."""

    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> "Every":
        """`"1 month"`, `"7 days"`, `"2 weeks"`, `"1 year"`. Raises ValueError for anything else."""
        found = re.fullmatch(r"([1-9]\d{0,3}) (day|week|month|year)s?", text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a span such as '1 month' or '7 days'")
        count, unit = int(found[1]), found[2]
        return cls(months=count * MONTHS_OF[unit]) if unit in MONTHS_OF else cls(days=count * DAYS_OF[unit])

    @classmethod
    def between(cls, start: date, due: date) -> "Every":
        """The distance that leads from `start` to `due`: whole months where they fit, else days."""
        months = whole_months(start, due)
        return cls(months=months) if months else cls(days=(due - start).days)

    def after(self, start: date, times: int = 1) -> date:
        """The date `times` such distances after `start` (before it, if negative)."""
        return add_months(start, self.months * times) if self.months else start + timedelta(self.days * times)


MONTHLY = Every(months=1)


class Period(NamedTuple):
    """Days [start, due): the first day counts, the due date does not. `regular_days` are those of a whole period."""

    start: date
    due: date
    regular_days: int

    @property
    def days(self) -> int:
        """Its real length in days."""
        return (self.due - self.start).days


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rule that due dates follow: counted from `start`, or from `first_due` where the first period is odd.

    With `roll` each date counts from the one before. An odd first period is measured against the whole period that ends
    on its due date.
    """

    start: date
    every: Every
    first_due: date | None = None
    month_end: MonthEnd = MonthEnd.CLAMP

    @property
    def is_monthly(self) -> bool:
        """Whether the nth period ends n months after the start."""
        return self.every == MONTHLY and self.first_due is None and self.month_end is MonthEnd.CLAMP

    def endless(self) -> Iterator[Period]:
        """Period after period."""
        regular_due = self.every.after(self.start)
        due = self.first_due or regular_due
        first_day = self.start if due == regular_due else self.every.after(due, -1)
        yield Period(self.start, due, (due - first_day).days)
        anchor, number = (self.first_due, 0) if self.first_due else (self.start, 1)
        rolls = self.month_end is MonthEnd.ROLL
        while True:
            number += 1
            start = due
            due = self.every.after(start) if rolls else self.every.after(anchor, number)
            yield Period(start, due, (due - start).days)

    def periods(self, count: int, skip: int = 0) -> tuple[Period, ...]:
        """`count` periods after the first `skip`."""
        return tuple(islice(self.endless(), skip, skip + count))


def listed_periods(spans: list[tuple[date, date]]) -> tuple[Period, ...]:
    """Periods given one by one; each is a whole one. Raises ValueError where they are empty or leave a gap."""
    for index, (start, due) in enumerate(spans):
        if due <= start or (index and spans[index - 1][1] != start):
            raise ValueError("each period must end after it begins and begin where the one before it ends")
    return tuple(Period(start, due, (due - start).days) for start, due in spans)
