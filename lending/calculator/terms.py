"""From a request to the plain values that the arithmetic takes: conventions, terms, penalty, events."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from core.money import FEN, ZERO
from core.problems import Problem
from lending.allocation import DEFAULT_ORDER, Amounts, Component
from lending.calculator.request import Asked, enumerate_as, refused_as
from lending.conventions import Conventions, DayCount, InterestOn, MonthEnd, Parts, Residue, Rounding
from lending.events import Event, Extension, Payment, Prepayment, Reversal, Waiver, WriteOff
from lending.interest import Rate, RateKind
from lending.penalty import PenaltyOn, PenaltyTerms
from lending.periods import Calendar, Every, Period, listed_periods
from lending.plan import MOST_PERIODS
from lending.prepayment import Strategy
from lending.terms import Draw, Fee, Grace, Method, RateChange, Terms

SMALLEST_UNIT, LARGEST_UNIT = Decimal("0.0000000001"), Decimal(1000)
WITH_LEVEL_INSTALMENT = {Method.EQUAL_INSTALMENT, Method.FLAT}
EACH = "each"


def read_conventions(asked: Asked) -> Conventions:
    """The conventions a request names; the platform's own where it names none."""
    rounding = asked.choice("rounding", Rounding, Rounding.HALF_UP)
    return Conventions(
        day_count=asked.choice("day_count", DayCount, DayCount.ACTUAL_365),
        rounding=rounding,
        round_to=read_unit(asked, "round_to") or FEN,
        instalment_rounding=asked.choice("instalment_rounding", Rounding, rounding),
        instalment_round_to=read_unit(asked, "instalment_round_to"),
        residue=asked.choice("residue", Residue, Residue.LAST),
        month_end=asked.choice("month_end", MonthEnd, MonthEnd.CLAMP),
        parts=asked.choice("parts", Parts, Parts.SUM),
        interest_on=asked.choice("interest_on", InterestOn, InterestOn.SCHEDULED),
    )


def read_unit(asked: Asked, name: str) -> Decimal | None:
    """A smallest unit in yuan, if it is given."""
    if not asked.has(name):
        return None
    unit = asked.amount(name)
    if not SMALLEST_UNIT <= unit <= LARGEST_UNIT:
        raise asked.refuse(name, "unit_out_of_range", _("The unit must lie from 0.0000000001 to 1000."))
    return unit


def read_terms(asked: Asked) -> Terms:
    """The terms of a `schedule` request. Raises Problem."""
    conventions = read_conventions(asked)
    method = asked.choice("method", Method)
    instalment = _instalment(asked, method)
    until_repaid = instalment is not None and not asked.has("count") and not asked.has("periods")
    calendar = _calendar(asked, conventions.month_end)
    periods = _periods(asked, calendar, until_repaid=until_repaid)
    end = None if until_repaid else periods[-1].due
    return Terms(
        draws=_draws(asked, periods[0].start, end),
        rate=read_rate(asked),
        method=method,
        periods=periods,
        conventions=conventions,
        calendar=calendar,
        instalment=instalment,
        until_repaid=until_repaid,
        principal_weights=_weights(asked, len(periods)),
        grace=_grace(asked, len(periods)),
        rate_changes=_rate_changes(asked, periods[0].start),
        fees=_fees(asked, periods[0].start),
    )


def read_rate(asked: Asked, *kinds: RateKind) -> Rate:
    """The one rate that is given, of all kinds or of some."""
    name = asked.one_of(*(kind.value for kind in kinds or tuple(RateKind)))
    return Rate(RateKind(name), asked.rate(name))


def _instalment(asked: Asked, method: Method) -> Decimal | None:
    if not asked.has("instalment"):
        return None
    if method not in WITH_LEVEL_INSTALMENT:
        message = _("A fixed instalment goes with the methods equal_instalment and flat only.")
        raise asked.refuse("instalment", "no_level_instalment", message)
    return asked.amount("instalment")


def _calendar(asked: Asked, month_end: MonthEnd) -> Calendar | None:
    if asked.one_of("periods", "start") == "periods":
        return None
    start = asked.day("start")
    with refused_as(asked.at("every"), "not_a_span", _("Write a span such as '1 month' or '7 days'.")):
        every = Every.parse(asked.text("every"))
    first_due = asked.day("first_due") if asked.has("first_due") else None
    if first_due and first_due <= start:
        raise asked.refuse("first_due", "due_before_start", _("The first due date must lie after the start."))
    return Calendar(start, every, first_due, month_end)


def _periods(asked: Asked, calendar: Calendar | None, *, until_repaid: bool) -> tuple[Period, ...]:
    if calendar is None:
        return read_periods(asked)
    count = 12 if until_repaid else asked.whole("count", least=1, most=MOST_PERIODS)
    with refused_as(asked.at("count"), "date_out_of_range", _("These periods run beyond the calendar.")):
        return calendar.periods(count)


def read_periods(asked: Asked) -> tuple[Period, ...]:
    """The field `periods`: a list of [from, to]."""
    spans = [
        (_pair_day(asked, span, 0, name), _pair_day(asked, span, 1, name))
        for name, span in enumerate_as("periods", asked.items("periods", needed=True))
    ]
    message = _("Each period must end after it begins, and begin where the one before it ends.")
    with refused_as(asked.at("periods"), "periods_out_of_order", message):
        return listed_periods(spans)


def _pair_day(asked: Asked, pair: object, place: int, name: str) -> date:
    if not isinstance(pair, list) or len(pair) != 2:
        raise asked.refuse(name, "not_a_pair", _("Give a pair here: a list of two items."))
    return asked.as_day(pair[place], f"{name}[{place}]")


def _draws(asked: Asked, start: date, end: date | None) -> tuple[Draw, ...]:
    if asked.one_of("principal", "disbursements") == "principal":
        return (Draw(start, asked.amount("principal")),)
    draws = []
    for item in asked.objects("disbursements", needed=True):
        draw = Draw(item.day("date"), item.amount("amount"))
        item.nothing_else()
        if draw.date < start or (end and draw.date >= end):
            message = _("A draw must lie on or after the start and before the last due date.")
            raise item.refuse("date", "draw_outside_loan", message)
        draws.append(draw)
    return tuple(sorted(draws, key=lambda draw: draw.date))


def _weights(asked: Asked, count: int) -> tuple[Decimal, ...]:
    if not asked.has("principal_weights"):
        return ()
    weights = asked.numbers("principal_weights")
    if len(weights) != count:
        raise asked.refuse("principal_weights", "wrong_count", _("Give one weight for each period."))
    if any(weight < 0 for weight in weights) or not any(weights):
        raise asked.refuse("principal_weights", "bad_weights", _("No weight may be negative, and not all zero."))
    return tuple(weights)


def _grace(asked: Asked, count: int) -> Grace:
    if not asked.has("grace"):
        return Grace()
    item = asked.object("grace")
    grace = Grace(*(item.whole(name, most=count, default=0) for name in ("principal", "interest", "interest_free")))
    item.nothing_else()
    return grace


def _rate_changes(asked: Asked, start: date) -> tuple[RateChange, ...]:
    changes = []
    for item in asked.objects("rate_changes"):
        changes.append(RateChange(item.day("date"), read_rate(item)))
        item.nothing_else()
        if changes[-1].date < start:
            raise item.refuse("date", "before_disbursement", _("This date lies before the loan begins."))
    return tuple(sorted(changes, key=lambda change: change.date))


def _fees(asked: Asked, start: date) -> tuple[Fee, ...]:
    fees = []
    for item in asked.objects("fees"):
        day = None if item.value("date") == EACH else item.day("date")
        if day and day < start:
            raise item.refuse("date", "before_disbursement", _("This date lies before the loan begins."))
        by_amount = item.one_of("amount", "rate") == "amount"
        fees.append(
            Fee(day, amount=item.amount("amount", least=ZERO)) if by_amount else Fee(day, rate=item.rate("rate"))
        )
        item.nothing_else()
    return tuple(fees)


def read_penalty(asked: Asked) -> PenaltyTerms | None:
    """The field `penalty`, if it is given."""
    if not asked.has("penalty"):
        return None
    item = asked.object("penalty")
    name = item.one_of("rate_factor", "annual_rate", "rate_per_day")
    kind = RateKind.ANNUAL if name == "annual_rate" else RateKind.DAILY
    terms = PenaltyTerms(
        rate_factor=item.rate(name) if name == "rate_factor" else None,
        rate=Rate(kind, item.rate(name)) if name != "rate_factor" else None,
        on=item.choice("on", PenaltyOn, PenaltyOn.PRINCIPAL),
        grace_days=item.whole("grace_days", default=0),
        count_due_date=item.flag("count_due_date"),
    )
    item.nothing_else()
    return terms


class EventType(StrEnum):
    """The word a request uses for each event."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    PREPAYMENT = "prepayment"
    RATE_CHANGE = "rate_change"
    EXTENSION = "extension"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"


def read_events(asked: Asked) -> list[Event]:
    """The field `events`, in the order given. Raises Problem."""
    events = []
    for item in asked.objects("events"):
        events.append(READERS[item.choice("type", EventType)](item))
        item.nothing_else()
    return events


def read_paid(asked: Asked) -> list[Event]:
    """The field `paid`, a list of [date, amount], as payments."""
    payments: list[Event] = []
    for name, pair in enumerate_as("paid", asked.items("paid")):
        day = _pair_day(asked, pair, 0, name)
        payments.append(Payment(day, asked.as_amount(pair[1], f"{name}[1]")))
    return payments


def read_order(asked: Asked, name: str) -> tuple[Component, ...]:
    """An allocation order: the four components, each once; the trade's own order where none is given."""
    if not asked.has(name):
        return DEFAULT_ORDER
    order = tuple(asked.as_choice(text, field, Component) for field, text in enumerate_as(name, asked.items(name)))
    if len(order) != len(Component) or len(set(order)) != len(order):
        message = _("Name penalty, fee, interest and principal, each once.")
        raise asked.refuse(name, "bad_order", message)
    return order


def _payment(item: Asked) -> Event:
    strategy = item.choice("strategy", Strategy) if item.has("strategy") else None
    return Payment(item.day("date"), item.amount("amount"), read_order(item, "allocation"), strategy)


def _prepayment(item: Asked) -> Event:
    return Prepayment(item.day("date"), item.amount("amount"), item.choice("strategy", Strategy))


def _reversal(item: Asked) -> Event:
    return Reversal(item.day("date"), item.whole("of"))


def _new_rate(item: Asked) -> Event:
    return RateChange(item.day("date"), read_rate(item))


def _extension(item: Asked) -> Event:
    return Extension(item.day("date"), item.whole("periods", least=1, most=MOST_PERIODS))


def _waiver(item: Asked) -> Event:
    amounts = read_amounts(item)
    if not amounts.total:
        listed = ", ".join(Component)
        raise item.refuse("penalty", "required", _("Give one of: %(fields)s.") % {"fields": listed})
    return Waiver(item.day("date"), amounts)


def _write_off(item: Asked) -> Event:
    return WriteOff(item.day("date"))


READERS: dict[EventType, Callable[[Asked], Event]] = {
    EventType.PAYMENT: _payment,
    EventType.REVERSAL: _reversal,
    EventType.PREPAYMENT: _prepayment,
    EventType.RATE_CHANGE: _new_rate,
    EventType.EXTENSION: _extension,
    EventType.WAIVER: _waiver,
    EventType.WRITE_OFF: _write_off,
}


def read_amounts(item: Asked) -> Amounts:
    """Amounts in yuan by component; what is not named is zero."""
    return Amounts(**{name.value: item.amount(name, least=ZERO) if item.has(name) else ZERO for name in Component})


def never_repaid() -> Problem:
    """The refusal of a fixed instalment that does not outgrow the interest."""
    return Problem("never_repaid", _("This instalment never repays the loan; make it higher."), field="instalment")
