"""The day close: dues on their dates, the buckets, one bad loan among good ones, and what comes too late."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.tests import factories as people
from core import clock
from core.models import Work
from core.money import ZERO
from lending import buckets, confirmations, day_close
from lending.models import ClosedDay, CreditLine, Loan
from lending.tests.factories import offered, running_loan, tell
from payments.models import Transfer

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def close_the_day(date):
    """Close business `date` on the morning after."""
    morning = clock.start_of_day(date + ONE_DAY) + dt.timedelta(hours=8)
    if morning > clock.now():
        clock.move_to(morning, by="test")
    day_close.close_day(date.isoformat())


@pytest.mark.parametrize(
    ("dpd", "name"),
    [
        (0, ""),
        (1, "M1"),
        (30, "M1"),
        (31, "M2"),
        (60, "M2"),
        (61, "M3"),
        (150, "M5"),
        (151, "M6"),
        (180, "M6"),
        (181, "M6+"),
        (1000, "M6+"),
    ],
)
def test_buckets_begin_and_end_on_their_days(dpd, name):
    assert buckets.bucket(dpd) == name


def test_an_instalment_falls_due_on_its_date_and_is_late_from_the_next_day(customer):
    loan = running_loan(customer, amount=Decimal("5000"))
    first = loan.instalments.first()
    seen = []
    for days in (-1, 0, 1):
        close_the_day(first.due_date + days * ONE_DAY)
        loan.refresh_from_db()
        seen.append((loan.interest_raised, loan.penalty_raised > ZERO, loan.dpd, loan.status))
    assert seen == [
        (ZERO, False, 0, "active"),
        (first.interest, False, 0, "active"),
        (first.interest, True, 1, "overdue"),
    ]
    due, penalty = loan.events.order_by("no")[1:]
    assert (due.kind, due.business_date, due.amount) == ("due", first.due_date, first.total)
    assert (penalty.kind, penalty.business_date) == ("penalty", first.due_date + ONE_DAY)
    booked = Transfer.objects.get(reference=loan.serial, purpose="loan_due")
    assert booked.business_date == first.due_date


def test_a_bad_loan_is_left_to_work_of_its_own_and_the_others_are_closed(customer):
    good, bad, last = (running_loan(customer, amount=Decimal("900")) for _ in range(3))
    Loan.objects.filter(pk=bad.pk).update(frozen_terms={"product": "consumer"}, plain_penalty_rate=None)
    late = good.instalments.first().due_date + 2 * ONE_DAY
    close_the_day(late)
    closed = dict(Loan.objects.values_list("serial", "last_closed_date"))
    assert closed == {good.serial: late, last.serial: late, bad.serial: bad.value_date}
    assert not bad.events.filter(kind="due").exists()  # nothing half-done
    row = ClosedDay.objects.get(business_date=late)
    assert (row.loans, row.parked) == (2, 1)
    assert Work.objects.get(kind=day_close.CLOSE_LOAN).key == bad.serial
    with pytest.raises(KeyError):
        day_close.close_one(bad.serial)
    Loan.objects.filter(pk=bad.pk).update(frozen_terms=good.frozen_terms)
    day_close.close_one(bad.serial)
    figures = ["last_closed_date", "dpd", "interest_raised", "penalty_raised", "status"]
    one, other = (Loan.objects.filter(pk=loan.pk).values(*figures).get() for loan in (good, bad))
    assert one == other


def test_yesterday_is_asked_to_be_closed_once(customer):
    for _again in range(2):
        day_close.start_what_is_due()
    assert Work.objects.filter(kind=day_close.CLOSE_DAY).count() == 1
    yesterday = clock.today() - ONE_DAY
    day_close.close_day(yesterday.isoformat())
    Work.objects.filter(kind=day_close.CLOSE_DAY).update(state=Work.State.DONE)
    day_close.start_what_is_due()
    assert not Work.objects.filter(kind=day_close.CLOSE_DAY).exclude(state=Work.State.DONE).exists()


def test_loans_that_are_not_running_are_not_closed(customer):
    application = offered(customer, amount=Decimal("900"))
    pending = confirmations.confirm(customer=customer, serial=application.serial, channel="portal")
    close_the_day(clock.today() + ONE_DAY)
    assert ClosedDay.objects.get().loans == 0
    assert Loan.objects.get(pk=pending.pk).last_closed_date is None


def test_a_payout_that_comes_back_after_a_due_date_is_left_to_a_person_with_nothing_half_done(customer):
    loan = running_loan(customer, amount=Decimal("900"))
    close_the_day(loan.instalments.first().due_date)
    before = Loan.objects.filter(pk=loan.pk).values().get()
    with pytest.raises(RuntimeError, match="after an instalment fell due"), transaction.atomic():
        tell(loan.payout_order, "returned", reason="PAYEE_CLOSED")
    assert Loan.objects.filter(pk=loan.pk).values().get() == before
    assert CreditLine.objects.get(customer=customer).used == Decimal("900.00")


def test_a_loan_starts_when_the_money_comes_and_the_customer_is_told_once(customer):
    loan = running_loan(customer, amount=Decimal("900"))
    assert loan.value_date == loan.last_closed_date == clock.today()
    assert loan.maturity_date == loan.instalments.last().due_date
    assert sum(row.principal for row in loan.instalments.all()) == loan.principal == loan.outstanding_principal
    assert customer.messages.filter(template="loan_paid_out").count() == 1
