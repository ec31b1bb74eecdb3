"""The schedule of a loan: every row, its totals and its annual percentage rates, from the terms alone.

The same function serves the quote, the contract and the booking. No Django, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from lending.apr import Apr, Flow, NoRate, TimeBase, apr_by_month, apr_of, time_in_months
from lending.interest import Rate
from lending.plan import Instalment, Plan
from lending.straight import is_straight, straight_rows
from lending.terms import Fee, Terms


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments in order; the totals are in yuan; `apr` is None where the flows have no rate."""

    rows: tuple[Instalment, ...]
    total_interest: Decimal
    total: Decimal
    apr: Apr | None


def make_schedule(terms: Terms) -> Schedule:
    """The schedule that `terms` give when everything is paid on its day. Raises NeverRepaid."""
    straight = is_straight(terms)
    rows = straight_rows(terms) if straight else planned_rows(terms)
    if terms.fees:
        add_fees(rows, terms)
    by_month = straight and not terms.fees and terms.calendar and terms.calendar.is_monthly
    totals = [row.total for row in rows]
    return Schedule(
        rows=tuple(rows),
        total_interest=sum((row.interest for row in rows), ZERO),
        total=sum(totals, ZERO),
        apr=_apr_of_months([-terms.principal, *totals]) if by_month else apr_of_rows(rows, terms),
    )


def planned_rows(terms: Terms) -> list[Instalment]:
    """The rows of any terms, without fees: the plan moved through every planned change. Raises NeverRepaid."""
    plan = Plan(terms)
    run_out(plan, planned_changes(terms))
    return plan.rows


def run_out(plan: Plan, changes: Sequence[tuple[date, Decimal | Rate]]) -> None:
    """Move `plan` through planned `changes` to the end of its last period. Raises NeverRepaid."""
    for day, change in changes:
        plan.move_to(day)
        if isinstance(change, Decimal):
            plan.draw(change)
        else:
            plan.change_rate(change)
    while not plan.finished:
        plan.close_period()


def planned_changes(terms: Terms) -> list[tuple[date, Decimal | Rate]]:
    """Draws and rate changes known from the start, in order of date; on one day, draws first."""
    changes: list[tuple[date, Decimal | Rate]] = [(draw.date, draw.amount) for draw in terms.draws]
    changes += [(change.date, change.rate) for change in terms.rate_changes]
    return sorted(changes, key=lambda change: change[0])


def fee_amount(fee: Fee, terms: Terms) -> Decimal:
    """The fee in yuan; a rate is on the whole principal."""
    return terms.conventions.round(terms.principal * fee.rate) if fee.rate is not None else fee.amount or ZERO


def add_fees(rows: list[Instalment], terms: Terms) -> None:
    """Put each fee into its row: every row, or the one in whose period its date lies, due date included."""
    for row in rows:
        row.fee = row_fee(row, terms, is_last=row is rows[-1])


def row_fee(row: Instalment, terms: Terms, is_last: bool) -> Decimal:
    """The fees of one row in yuan. The first row takes a fee of the value date, the last one any later fee."""
    since = date.min if row.no == 1 else row.start
    until = date.max if is_last else row.due
    due = [fee for fee in terms.fees if fee.date is None or since < fee.date <= until]
    return sum((fee_amount(fee, terms) for fee in due), ZERO)


def _apr_of_months(amounts: list[Decimal]) -> Apr | None:
    """The same for one flow a month, which needs no dates."""
    try:
        return apr_by_month(amounts)
    except NoRate:
        return None


def apr_of_rows(rows: list[Instalment], terms: Terms, base: TimeBase = TimeBase.MONTHS) -> Apr | None:
    """Both annual rates of the draws and rows; a dated fee counts on its own date. None where there is no rate."""
    start = terms.draws[0].date
    dated = [(fee.date, fee_amount(fee, terms)) for fee in terms.fees if fee.date]
    flows = [(draw.date, -draw.amount) for draw in terms.draws] + dated
    flows += [(row.due, row.total) for row in rows]
    for day, amount in dated:
        flows.append((next((row.due for row in rows if day <= row.due), rows[-1].due), -amount))
    try:
        return apr_of([Flow(time_in_months(start, day, base), amount) for day, amount in flows])
    except NoRate:
        return None
