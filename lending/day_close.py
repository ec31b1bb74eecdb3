"""The day close: every loan brought to the end of a business date, one by one, so that a bad one stops only itself."""

import datetime as dt

import structlog
from django.db import transaction
from django.db.models import QuerySet

from accounts import customers
from core import clock, work
from lending import aging, applications, credit_lines, dues
from lending.models import ClosedDay, Loan

CLOSE_DAY = "close_day"
CLOSE_LOAN = "close_loan"
log = structlog.get_logger(__name__)
REPAYING = [Loan.Status.ACTIVE, Loan.Status.OVERDUE]


def start_what_is_due() -> None:
    """Have yesterday closed if it is not yet, and let old offers go. Called every few seconds."""
    applications.expire_offers()
    yesterday = clock.today() - dt.timedelta(days=1)
    if not ClosedDay.objects.filter(business_date=yesterday).exists():
        with transaction.atomic(durable=True):
            work.enqueue(CLOSE_DAY, yesterday.isoformat())


def close_day(key: str) -> None:
    """Work handler: close the business date `key` (ISO). Resumes where it was cut off; again is harmless.

    A loan that cannot be closed is left to work of its own, which is parked with its error until a person reruns it.
    """
    date = dt.date.fromisoformat(key)
    if date >= clock.today():
        raise ValueError(f"{date} is not over")
    closed = parked = 0
    for serial in _open_loans(date).values_list("serial", flat=True):
        try:
            close_loan(serial, date)
            closed += 1
        except Exception:
            log.exception("loan not closed", loan=serial)
            parked += 1
            with transaction.atomic(durable=True):
                work.enqueue(CLOSE_LOAN, serial)
    ClosedDay.objects.get_or_create(
        business_date=date, defaults={"closed_at": clock.real_now(), "loans": closed, "parked": parked}
    )


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
    return Loan.objects.filter(status__in=REPAYING, last_closed_date__lt=date).order_by("id")
