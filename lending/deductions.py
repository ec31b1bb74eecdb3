"""Automatic deduction: what is due is collected from the card of whoever agreed to that, on the due date by itself.

Once in the morning of each business date, and where that fails on the first, third and seventh day after, never more
often: a card is not tried again and again. Nothing is deducted while the customer's own payment is on its way.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import consents
from accounts.models import Purpose
from core import clock, work
from lending import dues, loans, repayments, standing
from lending.models import ClosedDay, Instalment, Loan, Repayment

PLAN = "plan_deductions"
DEDUCT = "deduct"
MORNING = dt.timedelta(hours=9)
DAYS_AFTER_DUE = (0, 1, 3, 7)
ONE_DAY = dt.timedelta(days=1)


def start_what_is_due() -> None:
    """Have the deductions of today planned, once the morning has come and yesterday is closed."""
    today = clock.today()
    if clock.now() >= clock.start_of_day(today) + MORNING and _unplanned(today).exists():
        with transaction.atomic(durable=True):
            work.enqueue(PLAN, today.isoformat())


def plan(key: str) -> None:
    """Work "plan_deductions": have every loan that is to be tried on the date `key` (ISO) tried; again is harmless."""
    today = dt.date.fromisoformat(key)
    with transaction.atomic(durable=True):
        closed = _unplanned(today).select_for_update(no_key=True).first()
        if closed is None:
            return
        serials = _to_be_tried(today).values_list("serial", flat=True)
        work.enqueue_many(DEDUCT, [f"{serial}/{key}" for serial in serials])
        closed.deductions_planned = True
        closed.save(update_fields=["deductions_planned"])


def deduct(key: str) -> None:
    """Work "deduct": collect what is due on one loan, `key` being its serial number and the date it was planned for.

    Nothing happens when that date is over, nothing is due any more, the customer has withdrawn the agreement, or a
    payment is on its way.
    """
    serial, _slash, date = key.partition("/")
    today = clock.today()
    if date != today.isoformat():
        return
    with transaction.atomic(durable=True):
        loan = loans.lock(serial)
        if not loan.is_repaying or not consents.has_consent(loan.customer, Purpose.DEDUCTION):
            return
        tried = loan.repayments.filter(request_key=key).exists()
        on_its_way = loan.repayments.filter(status=Repayment.Status.PROCESSING).exists()
        if tried or on_its_way:
            return
        dues.bring_up_to(loan, today)
        due = standing.owed_on(loan, today).due
        if due > 0:
            repayments.collect(loan, due, kind=Repayment.Kind.DEDUCTION, request_key=key)


def next_for(loan: Loan) -> dt.date | None:
    """The date on which a loan's next instalment will be deducted; None without the customer's agreement."""
    if not loan.is_repaying or not consents.has_consent(loan.customer, Purpose.DEDUCTION):
        return None
    coming = loan.instalments.filter(_unpaid(), due_date__gte=clock.today()).order_by("due_date").first()
    return coming.due_date if coming else None


def _unplanned(today: dt.date) -> QuerySet[ClosedDay]:
    return ClosedDay.objects.filter(business_date=today - ONE_DAY, deductions_planned=False)


def _to_be_tried(today: dt.date) -> QuerySet[Loan]:
    days = [today - dt.timedelta(days=number) for number in DAYS_AFTER_DUE]
    due = Instalment.objects.filter(_unpaid(), loan=OuterRef("pk"), due_date__in=days)
    agreed = consents.agreeing(Purpose.DEDUCTION).filter(customer=OuterRef("customer"))
    repaying = Loan.objects.filter(status__in=[Loan.Status.ACTIVE, Loan.Status.OVERDUE])
    return repaying.filter(Exists(due), Exists(agreed)).order_by("id")


def _unpaid() -> Q:
    return Q(principal__gt=F("paid_principal")) | Q(interest__gt=F("paid_interest"))
