"""The day close: every loan on which something happens is brought to the end of a business date.

Plain loans in batches, by any number of workers (lending.batch_close); the others one by one, so that a bad one stops
only itself.
"""

import datetime as dt

import structlog
from django.db import transaction
from django.db.models import QuerySet

from core import clock, work
from core.models import Work
from lending import accruals, aging, applications, batch_close, dues, loans, month_ends
from lending.day_files import writing as day_files
from lending.models import ClosedDay, Loan

CLOSE_DAY = "close_day"
HELP_CLOSE_DAY = "help_close_day"
CLOSE_LOAN = "close_loan"
# So many workers are asked to help when more loans act than one takes on by itself.
HELPERS, HELP_FROM = 3, 2 * batch_close.SIZE
ONE_DAY = dt.timedelta(days=1)
# Shorter than a lease (core.work.LEASE).
TURN = dt.timedelta(seconds=30)
log = structlog.get_logger(__name__)
REPAYING = [Loan.Status.ACTIVE, Loan.Status.OVERDUE]


def start_what_is_due() -> None:
    """Have the oldest day that is over and not yet closed closed, and let old offers go. Called every few seconds."""
    _start_next_day()
    applications.expire_offers()


def _start_next_day() -> None:
    """Days are closed one after the other: what falls due on a day that was slept through is booked on its day."""
    last = ClosedDay.objects.order_by("-business_date").first()
    day = (last.business_date if last else clock.today() - 2 * ONE_DAY) + ONE_DAY
    if day < clock.today():
        with transaction.atomic(durable=True):
            work.enqueue(CLOSE_DAY, day.isoformat())


def close_day(key: str) -> work.Again | None:
    """Work handler: close the business date `key` (ISO). Resumes where it was cut off; again is harmless.

    It lets go before its lease ends and goes on in another turn, so that no second worker takes the same day. A loan
    that cannot be closed is left to work of its own, which is parked with its error until a person reruns it.
    """
    date = dt.date.fromisoformat(key)
    if date >= clock.today():
        raise ValueError(f"{date} is not over")
    until = clock.real_now() + TURN
    _ask_for_help(date)
    if not _close_batches(date, until):
        return work.Again(after=dt.timedelta())
    if _help(date).exists():
        return work.Again(after=dt.timedelta(seconds=1))
    for serial in _open_loans(date).values_list("serial", flat=True).iterator():
        if clock.real_now() > until:
            return work.Again(after=dt.timedelta())
        _close_or_leave(serial, date)
    if clock.real_now() > until:
        return work.Again(after=dt.timedelta())
    accruals.post(date)
    month_ends.keep(date)
    _note_closed(date)
    _start_next_day()
    return None


@transaction.atomic(durable=True)
def _note_closed(date: dt.date) -> None:
    """The day is closed, and the partners are told of it."""
    ClosedDay.objects.get_or_create(
        business_date=date,
        defaults={
            "closed_at": clock.real_now(),
            "loans": Loan.objects.filter(status__in=REPAYING).exclude(acts_on__lte=date).count(),
            "parked": _left_behind().count(),
        },
    )
    day_files.request(date)


def help_close_day(key: str) -> work.Again | None:
    """Work handler: close batches beside whoever closes the day; `key` is the date and a number."""
    done = _close_batches(dt.date.fromisoformat(key.partition("/")[0]), clock.real_now() + TURN)
    return None if done else work.Again(after=dt.timedelta())


def _close_batches(date: dt.date, until: dt.datetime) -> bool:
    """Close batches until none is left (True) or the turn is over."""
    while batch_close.close_some(date):
        if clock.real_now() > until:
            return False
    return True


def _ask_for_help(date: dt.date) -> None:
    if _open_loans(date).count() > HELP_FROM:
        with transaction.atomic(durable=True):
            work.enqueue_many(HELP_CLOSE_DAY, [f"{date}/{number}" for number in range(1, HELPERS + 1)])


def _help(date: dt.date) -> QuerySet[Work]:
    helping = Work.objects.filter(kind=HELP_CLOSE_DAY, key__startswith=f"{date}/")
    return helping.exclude(state__in=[Work.State.DONE, Work.State.PARKED])


def _close_or_leave(serial: str, date: dt.date) -> None:
    try:
        close_loan(serial, date)
    except Exception:
        log.exception("loan not closed", loan=serial)
        with transaction.atomic(durable=True):
            work.enqueue(CLOSE_LOAN, serial)


def _left_behind() -> QuerySet[Work]:
    return Work.objects.filter(kind=CLOSE_LOAN).exclude(state=Work.State.DONE)


def close_one(serial: str) -> None:
    """Work handler: close one loan that was left behind, up to yesterday."""
    close_loan(serial, clock.today() - dt.timedelta(days=1))


@transaction.atomic(durable=True)
def close_loan(serial: str, date: dt.date) -> None:
    """Bring one loan to the end of business `date` and say how it stands, unless it is there already."""
    loan = loans.lock(serial)
    if loan.is_repaying and loan.last_closed_date and loan.last_closed_date < date:
        dues.bring_up_to(loan, date)
        aging.announce(loan, on=date)


def _open_loans(date: dt.date) -> QuerySet[Loan]:
    waiting = Loan.objects.filter(status__in=REPAYING, acts_on__lte=date)
    return waiting.exclude(serial__in=_left_behind().values("key")).order_by("id")
