"""Bringing a loan up to a business date: instalments fall due, lateness costs, days past due are counted.

Done by the day close, and before anything else is booked on a loan, so that it never matters which comes first.
"""

import datetime as dt
from decimal import Decimal

from core import actors
from core.money import ZERO, round_money
from lending import booking, quotes
from lending.models import Instalment, Loan
from lending.penalty import days_late, penalty_for_days

DAY_CLOSE = actors.system("day-close")
ONE_DAY = dt.timedelta(days=1)
BUCKET_DAYS = 30
LAST_BUCKET = 6


def raise_dues(loan: Loan, *, on: dt.date) -> None:
    """Let every instalment with a due date up to `on` fall due, each on its own date. The loan is locked."""
    for instalment in loan.instalments.filter(raised=False, due_date__lte=on):
        booking.fell_due(loan, instalment, on=instalment.due_date)
        instalment.raised = True
        instalment.save(update_fields=["raised"])


def bring_up_to(loan: Loan, date: dt.date) -> None:
    """Bring the locked loan up to business `date`, one day after the other from where it stands.

    Lateness counts the days [due date, `date`), so it does not matter at which hour of `date` this is done.
    """
    assert loan.last_closed_date is not None
    day = loan.last_closed_date
    while day < date:
        day = _next_eventful_day(loan, after=day, until=date)
        raise_dues(loan, on=day)
        _penalise(loan, day)
        loan.note(last_closed_date=day, dpd=days_past_due(loan, day))
    show_lateness(loan)


def days_past_due(loan: Loan, on: dt.date) -> int:
    """Calendar days on `on` since the oldest unpaid due date."""
    unpaid = _unpaid(loan, on)
    return days_late(unpaid[0].due_date, on) if unpaid else 0


def arrears(loan: Loan, on: dt.date) -> Decimal:
    """What is past its due date and unpaid on `on`, penalties included, yuan."""
    return sum((item.unpaid().total for item in _unpaid(loan, on)), ZERO)


def bucket(dpd: int) -> str:
    """The overdue bucket: M1 is 1 to 30 days, M6 151 to 180, M6+ beyond; empty when nothing is overdue."""
    if dpd == 0:
        return ""
    months = (dpd - 1) // BUCKET_DAYS + 1
    return f"M{months}" if months <= LAST_BUCKET else f"M{LAST_BUCKET}+"


def _next_eventful_day(loan: Loan, *, after: dt.date, until: dt.date) -> dt.date:
    """The next day on which something can change: every day while something is late, else the next due date."""
    if _unpaid(loan, after + ONE_DAY):
        return after + ONE_DAY
    due = loan.instalments.filter(due_date__gt=after).order_by("no").values_list("due_date", flat=True).first()
    return min(due, until) if due else until


def _unpaid(loan: Loan, on: dt.date) -> list[Instalment]:
    """Instalments due before `on` of which something is unpaid, the oldest first."""
    return [item for item in loan.instalments.filter(due_date__lt=on) if item.unpaid().total]


def _penalise(loan: Loan, day: dt.date) -> None:
    """One more day of penalty on the principal that is late at the end of `day`; inside the grace nothing.

    On the first day after the grace the days of grace count too (domain rules: penalty).
    """
    rate = quotes.penalty_rate_of_day(loan.frozen_terms, loan.annual_rate)
    grace, total = loan.frozen_terms["grace_days"], ZERO
    for item in loan.instalments.filter(due_date__lt=day):
        late = days_late(item.due_date, day)
        base = item.principal - item.paid_principal
        if late <= grace or not base:
            continue
        item.penalty_exact += penalty_for_days(base, rate, late if late == grace + 1 else 1)
        before, item.penalty = item.penalty, round_money(item.penalty_exact)
        item.save(update_fields=["penalty_exact", "penalty"])
        total += item.penalty - before
    if total:
        booking.penalised(loan, total, on=day)


def show_lateness(loan: Loan) -> None:
    """Let the status of the locked loan say whether something is overdue."""
    if loan.dpd and loan.status == Loan.Status.ACTIVE:
        loan.fall_overdue(by=DAY_CLOSE, why=f"{loan.dpd} days past due")
    elif not loan.dpd and loan.status == Loan.Status.OVERDUE:
        loan.cure(by=DAY_CLOSE, why="nothing is overdue")
