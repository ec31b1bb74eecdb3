"""Where every figure of a loan comes from: the days, the balance, the rate, the rounding, and the booking."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import format_yuan
from lending import standing
from lending.fold import Debt, LoanFold
from lending.interest import Factor
from lending.models import Loan
from payments.models import Transfer

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


def explain(loan: Loan, on: dt.date) -> list[Line]:
    """The loan up to a business date: first what happened and was booked, then how each instalment came about."""
    if loan.value_date is None:
        return []
    folded = standing.fold_of(loan, max(on, loan.value_date))
    lines = [*_booked(loan)]
    for debt in folded.debts:
        lines += [*_interest(folded, debt), *_penalty(folded, debt)]
    return lines


def _booked(loan: Loan) -> Iterator[Line]:
    transfers = dict(Transfer.objects.filter(reference=loan.serial).values_list("key", "serial"))
    for event in loan.events.order_by("no"):
        spread = ", ".join(f"{_component(name)} {part}" for name, part in event.details.get("paid", {}).items())
        transfer = transfers.get(f"{loan.serial}:{event.no}", "")
        day = event.business_date
        yield Line(event.counts_from, day, event.get_kind_display(), spread, event.amount, transfer)


def _component(name: str) -> str:
    words = {"principal": _("principal"), "interest": _("interest"), "penalty": _("penalty interest")}
    return words[name]


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
