"""Bringing a loan up to a business date: instalments fall due, lateness costs, days past due are counted.

Done by the day close, and before anything else is booked on a loan, so that it never matters which comes first.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from core import actors
from core.money import FEN, ZERO
from core.transitions import move_all
from lending import booking, frozen_terms, quotes, standing
from lending.conventions import DayCount, InterestOn, Parts, Rounding
from lending.fold import LoanFold
from lending.models import Instalment, Loan

ONE_DAY = dt.timedelta(days=1)
DAY_CLOSE = actors.system("day-close")
RATE_PLACES = Decimal("1E-10")
PLAIN: dict[str, Any] = {
    "day_count": DayCount.ACTUAL_365,
    "rounding": Rounding.HALF_UP,
    "round_to": FEN,
    "parts": Parts.SUM,
    "interest_on": InterestOn.SCHEDULED,
}
FIGURES = (
    *("start", "due_date", "principal", "interest", "balance", "raised", "penalty"),
    *("late_principal_days", "paid_principal", "paid_interest", "paid_penalty", "waived_interest", "waived_penalty"),
)


def bring_up_to(loan: Loan, date: dt.date) -> None:
    """Bring the locked loan up to business `date`.

    Lateness counts the days [due date, `date`), so it does not matter at which hour of `date` this is done. What still
    belongs to the day before is booked on that day: a day's bookings are the same whoever comes first.
    """
    assert loan.last_closed_date is not None
    if loan.last_closed_date >= date:
        return
    for day in (date - ONE_DAY, date):
        if loan.last_closed_date < day and loan.acts_on and loan.acts_on <= day:
            folded = standing.fold_of(loan, day)
            booking.raise_dues(loan, folded, on=day)
            note_standing(loan, folded)
    loan.note(last_closed_date=date)


def note_standing(loan: Loan, folded: LoanFold) -> None:
    """Let the schedule, the days past due and the status of the locked loan say what the fold says. A loan written off
    stays as late as it was while anything is claimed."""
    rewrite_schedule(loan, folded)
    if folded.claims is None or not folded.claim:
        loan.note(dpd=folded.dpd)
    loan.note(plain_penalty_rate=plain_penalty_rate(loan), acts_on=_next_act(loan, folded.day))
    show_lateness(loan)


def _next_act(loan: Loan, closed: dt.date) -> dt.date | None:
    """The next business date whose close changes a loan that has been closed up to `closed`: tomorrow's while something
    is late or due, else the next due date's; None after the last one."""
    rows = list(loan.instalments.all())
    if any(row.raised and row.scheduled_unpaid for row in rows):
        return closed + ONE_DAY
    return min((row.due_date for row in rows if not row.raised), default=None)


def plain_penalty_rate(loan: Loan) -> Decimal | None:
    """The annual penalty rate with which the close may reckon by itself: where days are counted over 365, rounded to
    the fen once and half up, late principal bears penalty alone, from the first day, and nothing was waived, extended
    or lowered. Else None."""
    if loan.events.filter(kind__in=standing.CHANGES).exists():
        return None
    conventions = frozen_terms.conventions_of(loan.frozen_terms)
    if loan.frozen_terms["grace_days"] or conventions != dataclasses.replace(conventions, **PLAIN):
        return None
    rate = quotes.penalty_rate_of_year(loan.frozen_terms, loan.annual_rate)
    return rate if rate == rate.quantize(RATE_PLACES) else None


def arrears(loan: Loan, on: dt.date) -> Decimal:
    """What is past its due date and unpaid on `on`, penalties included, yuan; all that is claimed after a write-off."""
    if loan.status == Loan.Status.WRITTEN_OFF:
        return loan.claim
    return sum((item.unpaid().total for item in loan.instalments.filter(due_date__lt=on)), ZERO)


def rewrite_schedule(loan: Loan, folded: LoanFold) -> None:
    """Write the rows of the fold where they differ from those that stand; a row that is no longer needed goes."""
    stands = {row["no"]: row for row in loan.instalments.values("no", *FIGURES)}
    rows = list(schedule_of(loan, folded))
    changed = [row for row in rows if stands.get(row.no) != {name: getattr(row, name) for name in ("no", *FIGURES)}]
    Instalment.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["loan", "no"], update_fields=list(FIGURES)
    )
    loan.instalments.exclude(no__in=[row.no for row in rows]).delete()


def schedule_of(loan: Loan, folded: LoanFold) -> Iterator[Instalment]:
    """The rows of the fold, unsaved."""
    statement, raised = folded.statement(), len(folded.debts)
    for index, row in enumerate(statement.rows):
        paid, waived = statement.paid[index], statement.waived[index]
        yield Instalment(
            loan=loan,
            no=row.no,
            start=row.start,
            due_date=row.due,
            principal=row.principal,
            interest=row.interest,
            balance=row.balance,
            raised=index < raised,
            penalty=statement.penalties[index],
            late_principal_days=folded.debts[index].penalty_run.yuan_days if index < raised else ZERO,
            paid_principal=paid.principal,
            paid_interest=paid.interest,
            paid_penalty=paid.penalty,
            waived_interest=waived.interest,
            waived_penalty=waived.penalty,
        )


def show_lateness(loan: Loan) -> None:
    """Let the status of the locked loan say whether something is overdue."""
    if loan.dpd and loan.status == Loan.Status.ACTIVE:
        loan.fall_overdue(by=DAY_CLOSE, why=_how_late(loan))
    elif not loan.dpd and loan.status == Loan.Status.OVERDUE:
        loan.cure(by=DAY_CLOSE, why="nothing is overdue")


def show_fallen_overdue(loans: Sequence[Loan]) -> None:
    """The same for many loans, locked and read since, of which each has something overdue and does not say so yet."""
    if loans:
        move_all(loans, "fall_overdue", by=DAY_CLOSE, why=_how_late)


def _how_late(loan: Loan) -> str:
    return f"{loan.dpd} days past due"
