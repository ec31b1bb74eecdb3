"""Answers about rates: day counts, and annual percentage rates of any flows."""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from core.money import ZERO
from core.problems import Problem
from lending.apr import Flow, NoRate, TimeBase, apr_of, time_in_months, whole
from lending.calculator import figures
from lending.calculator.request import Asked
from lending.calculator.terms import read_conventions, read_periods
from lending.interest import Rate, RateKind, rate_factor
from lending.us_actuarial import BY_COUNT, DatedFlow, us_actuarial_rate, us_actuarial_rate_at

Time = TypeVar("Time")

MOST_MONTHS = 1200
# A year has 12 equal months, 52 weeks or 365 days (Directive 2008/48/EC, annex I).
MONTHS_IN = {"month": Decimal(1), "year": Decimal(12), "week": Decimal(12) / 52, "day": Decimal(12) / 365}


class AprMethod(StrEnum):
    """Which annual rate is asked."""

    EFFECTIVE = "effective"
    NOMINAL = "nominal"
    US_ACTUARIAL = "us_actuarial"


# Directive 2008/48/EC, annex I: one decimal place, half-up. The others are disclosed with two.
DISCLOSED_PLACES = {
    AprMethod.EFFECTIVE: Decimal("0.1"),
    AprMethod.NOMINAL: Decimal("0.01"),
    AprMethod.US_ACTUARIAL: Decimal("0.01"),
}


def day_count(asked: Asked) -> dict[str, Any]:
    """Kind `day_count`: interest per yuan for each period, with twelve places."""
    conventions = read_conventions(asked)
    rate = Rate(RateKind.ANNUAL, asked.rate("annual_rate"))
    factors = [
        rate_factor(rate, conventions.day_count, period.start, period.due, period).value
        for period in read_periods(asked)
    ]
    return {"factors": [str(factor.quantize(figures.FACTOR_PLACES, ROUND_HALF_UP)) for factor in factors]}


def apr(asked: Asked) -> dict[str, Any]:
    """Kind `apr`: the annual rate as a fraction, and in percent as it is disclosed."""
    method = asked.choice("method", AprMethod)
    base = asked.choice("time_base", TimeBase, TimeBase.MONTHS)
    advances = asked.objects("advances", needed=True)
    payments = asked.objects("payments", needed=True)
    try:
        if method is AprMethod.US_ACTUARIAL:
            rate = _us_actuarial(asked, advances, payments)
        else:
            both = apr_of(_flows(advances, payments, base))
            rate = both.effective if method is AprMethod.EFFECTIVE else both.nominal
    except NoRate:
        raise Problem("no_rate", _("These amounts have no annual rate: check what is advanced and paid.")) from None
    disclosed = (rate * 100).quantize(DISCLOSED_PLACES[method], ROUND_HALF_UP)
    return {"apr": figures.rate(rate), "disclosed": str(disclosed)}


def _flows(advances: list[Asked], payments: list[Asked], base: TimeBase) -> list[Flow]:
    """The flows in order of time, measured from the first advance."""
    if advances[0].one_of("date", "at") == "at":
        return [
            *(Flow(whole(months), -amount) for months, amount in _read(advances, "at", _months)),
            *(Flow(whole(months), amount) for months, amount in _read(payments, "at", _months)),
        ]
    lent = _read(advances, "date", lambda item: item.day("date"))
    paid = _read(payments, "date", lambda item: item.day("date"))
    start = min(day for day, _ in lent)
    _not_before(start, paid)
    return [
        *(Flow(time_in_months(start, day, base), -amount) for day, amount in lent),
        *(Flow(time_in_months(start, day, base), amount) for day, amount in paid),
    ]


def _read(items: list[Asked], name: str, when: Callable[[Asked], Time]) -> list[tuple[Time, Decimal]]:
    """Each item's time and amount; every item gives its time in the same way."""
    found = []
    for item in items:
        if item.one_of("date", "at") != name:
            message = _("Give every advance and payment a date, or every one a time with 'at'.")
            raise item.refuse("date" if name == "at" else "at", "mixed_times", message)
        found.append((when(item), item.amount("amount")))
        item.nothing_else()
    return found


def _not_before(start: date, paid: list[tuple[date, Decimal]]) -> None:
    early = next((index for index, (day, _) in enumerate(paid) if day < start), None)
    if early is not None:
        message = _("This date lies before the loan begins.")
        raise Problem("before_disbursement", message, field=f"payments[{early}].date")


def _months(item: Asked) -> Decimal:
    """The time `at` in months: a fraction of years, or a span such as "3 months"."""
    months = _months_written(item)
    if months > MOST_MONTHS:
        raise item.refuse("at", "too_late", _("A time lies at most 100 years after the beginning."))
    return months


def _months_written(item: Asked) -> Decimal:
    text = str(item.value("at"))
    span = re.fullmatch(r"(\d{1,5}) (day|week|month|year)s?", text)
    if span:
        return int(span[1]) * MONTHS_IN[span[2]]
    years = re.fullmatch(r"(\d{1,4})/(\d{1,5})", text)
    if years and int(years[2]):
        return Decimal(12 * int(years[1])) / int(years[2])
    return item.as_amount(text, "at", least=ZERO) * 12


def _us_actuarial(asked: Asked, advances: list[Asked], payments: list[Asked]) -> Decimal:
    by_date = advances[0].one_of("date", "at") == "date"
    per_year = _unit_periods_per_year(asked) if asked.has("unit_periods_per_year") or not by_date else None
    if per_year and not by_date:
        return us_actuarial_rate_at(_read(advances, "at", _months), _read(payments, "at", _months), per_year)
    unit = BY_COUNT[per_year] if per_year else None
    lent = [DatedFlow(*pair) for pair in _read(advances, "date", lambda item: item.day("date"))]
    paid = [DatedFlow(*pair) for pair in _read(payments, "date", lambda item: item.day("date"))]
    _not_before(min(flow.date for flow in lent), [(flow.date, flow.amount) for flow in paid])
    return us_actuarial_rate(lent, paid, unit)


def _unit_periods_per_year(asked: Asked) -> int:
    """How many unit-periods a year has; without dates to tell it, it must be given."""
    count = asked.whole("unit_periods_per_year", least=1, most=366)
    if count not in BY_COUNT:
        message = _("Choose one of: %(choices)s.") % {"choices": ", ".join(map(str, BY_COUNT))}
        raise asked.refuse("unit_periods_per_year", "unknown_choice", message)
    return count
