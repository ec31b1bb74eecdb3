"""Where every figure of a loan comes from: the days, the balance, the rate, the rounding, and the booking."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core import clock
from core.money import format_yuan
from core.problems import Problem
from lending import booking, standing
from lending.fold import Debt, LoanFold
from lending.interest import Factor
from lending.models import Loan
from payments.models import Transfer

COMPONENTS = ("principal", "interest", "penalty")
SHOWN_PLACES = Decimal("0.0000000001")


@dataclass(frozen=True)
class Line:
    """One step: from when to when, what it is, how it is reckoned, the yuan it gives, the transfer that booked it."""

    since: dt.date
    until: dt.date
    what: str
    reckoning: str
    amount: Decimal
    transfer: str = ""


def explain(loan: Loan, on: dt.date, known_at: dt.datetime | None = None) -> list[Line]:
    """The loan up to a business date: first what happened and was booked, then how each instalment came about, then
    what is owed at the end of that day.

    As it is known now, with what was recorded later but counts from before; with `known_at` (real time), as it was
    known then. A loan that was not yet paid out has no lines. Raises Problem: future_date, before_disbursement.
    """
    if on > clock.today():
        raise Problem("future_date", _("Choose today or a past day."), field="as_of")
    if loan.value_date is None or not standing.recorded(loan, known_at).exists():
        return []
    if on < loan.value_date:
        raise Problem("before_disbursement", _("The loan was paid out on a later day."), field="as_of")
    folded = standing.fold_of(loan, on, known_at=known_at)
    lines = [*_booked(loan, on, known_at)]
    for debt in folded.debts:
        lines += [*_interest(folded, debt), *_penalty(folded, debt)]
    return [*lines, *_owed(folded, on)]


def _booked(loan: Loan, on: dt.date, known_at: dt.datetime | None) -> Iterator[Line]:
    transfers = dict(Transfer.objects.filter(reference=loan.serial).values_list("key", "serial"))
    for event in standing.recorded(loan, known_at):
        if event.counts_from > on:
            continue
        transfer = transfers.get(booking.key_of(loan.serial, event.no), "")
        day = event.business_date
        yield Line(event.counts_from, day, event.get_kind_display(), _spread(event.details), event.amount, transfer)


def _spread(details: dict[str, Any]) -> str:
    """What an event says of itself: what it agreed on, and what became of its money."""
    said = [f"{word}: {details[name]}" for name, word in _figures() if details.get(name)]
    for name, word in (("paid", _("paid")), ("waived", _("waived")), ("lost", _("written off"))):
        amounts = details.get(name, {})
        parts = ", ".join(f"{_component(part)} {amounts[part]}" for part in COMPONENTS if Decimal(amounts.get(part, 0)))
        if parts:
            said.append(f"{word}: {parts}")
    return "; ".join(said)


def _figures() -> Iterator[tuple[str, str]]:
    yield "months", _("months longer")
    yield "annual_rate", _("new annual rate")
    yield "recovered", _("recovered")
    yield "overpaid", _("paid beyond what was owed")


def _component(name: str) -> str:
    words = {"principal": _("principal"), "interest": _("interest"), "penalty": _("penalty interest")}
    return words[name]


def _owed(folded: LoanFold, on: dt.date) -> Iterator[Line]:
    """Where it all leads."""
    owed, due = standing.owed_of(folded), folded.due
    if folded.claims is not None:
        yield Line(on, on, _("still claimed after the write-off"), "", folded.claim)
        return
    rest = f"{folded.terms.principal} − {folded.terms.principal - folded.principal} = {folded.principal}"
    yield Line(on, on, _("principal owed, due or not"), rest, folded.principal)
    parts = {_("principal"): due.principal, _("interest"): due.interest, _("penalty interest"): due.penalty}
    shown = " + ".join(f"{name} {amount}" for name, amount in parts.items())
    yield Line(on, on, _("due and unpaid"), shown, owed.due)
    yield Line(on, on, _("what settles the loan on that day"), _("interest only for the days used"), owed.payoff)


def _interest(folded: LoanFold, debt: Debt) -> Iterator[Line]:
    row, named = debt.row, {"number": debt.row.no}
    for piece in row.slices:
        what = _("interest of instalment %(number)s, unrounded") % named
        yield Line(piece.start, piece.end, what, _product(piece.base, piece.factor), piece.part.value)
    conventions = folded.terms.conventions
    rounding = _("rounded %(way)s to %(unit)s") % {"way": conventions.rounding.value, "unit": conventions.round_to}
    yield Line(row.start, row.due, _("interest of instalment %(number)s") % named, rounding, row.interest)
    rest = f"{row.total} − {row.interest} = {row.principal}"
    yield Line(row.start, row.due, _("principal of instalment %(number)s") % named, rest, row.principal)


def _penalty(folded: LoanFold, debt: Debt) -> Iterator[Line]:
    what = _("penalty interest of instalment %(number)s") % {"number": debt.row.no}
    for base, start, end in debt.penalty_run.stretches if debt.beyond_grace else ():
        factors = folded.history().factors(start, end, folded.penalty)
        exact = sum((factor.on(base) for factor in factors), Decimal(0))
        yield Line(start, end, what, " + ".join(_product(base, factor) for factor in factors), exact)


def _product(base: Decimal, factor: Factor) -> str:
    return f"{base} × {factor.over}/{factor.under}" if factor.under != 1 else f"{base} × {factor.over}"


def written(line: Line) -> str:
    """A line as text, for a terminal."""
    days = (line.until - line.since).days
    span = f"{line.since} – {line.until} {days:>4} d" if days > 0 else f"{line.since}"
    exact = line.amount.quantize(SHOWN_PLACES).normalize() if line.amount else line.amount
    figure = format_yuan(line.amount) if line.amount == round(line.amount, 2) else f"{exact:f}"
    return f"{span:<32} {line.what}: {figure}  {line.reckoning}  {line.transfer}".rstrip()
