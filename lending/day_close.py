"""The day close: every loan brought to the end of a business date, one by one, so that a bad one stops only itself."""

import datetime as dt

import structlog
from django.db import transaction
from django.db.models import QuerySet

from accounts import customers
from core import clock, work
from core.models import Work
from lending import aging, applications, credit_lines, dues
from lending.models import ClosedDay, Loan

CLOSE_DAY = "close_day"
CLOSE_LOAN = "close_loan"
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
    for serial in _open_loans(date).values_list("serial", flat=True).iterator():
        if clock.real_now() > until:
            return work.Again(after=dt.timedelta())
        _close_or_leave(serial, date)
    ClosedDay.objects.get_or_create(
        business_date=date,
        defaults={
            "closed_at": clock.real_now(),
            "loans": Loan.objects.filter(status__in=REPAYING, last_closed_date__gte=date).count(),
            "parked": _left_behind().count(),
        },
    )
    _start_next_day()
    return None


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
    aging.lock(serial)
    loan = Loan.objects.select_related("customer").get(serial=serial)
    credit_lines.lock_of(customers.lock(loan.customer.serial))
    loan.lock()
    if loan.is_repaying and loan.last_closed_date and loan.last_closed_date < date:
        dues.bring_up_to(loan, date)
        aging.announce(loan, on=date)


def _open_loans(date: dt.date) -> QuerySet[Loan]:
    waiting = Loan.objects.filter(status__in=REPAYING, last_closed_date__lt=date)
    return waiting.exclude(serial__in=_left_behind().values("key")).order_by("id")
