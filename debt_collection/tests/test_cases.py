"""A case from the day close that finds arrears to the payment that ends them, and its reminders."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts import customers
from accounts.models import Message
from accounts.tests.factories import mobile
from core import clock, work
from core.models import TransitionLog, Work
from core.registry import LoanAged, loan_aged
from debt_collection import reminders, strategy
from debt_collection.models import CollectionCase, ContactAttempt

pytestmark = pytest.mark.django_db
LOAN = "20261123LN0000000018"
FIRST_DAY_LATE = dt.date(2027, 1, 2)


@pytest.fixture
def customer():
    with transaction.atomic():
        return customers.register(mobile=mobile(), language="en")


def aged(customer, dpd, *, bucket="M1", arrears="889.43"):
    outcome = LoanAged(
        loan_serial=LOAN,
        customer_serial=customer.serial,
        business_date=FIRST_DAY_LATE + dt.timedelta(days=dpd - 1),
        dpd=dpd,
        bucket=bucket if dpd else "",
        arrears=Decimal(arrears) if dpd else Decimal(0),
        outstanding_principal=Decimal("9214.41"),
    )
    handler = loan_aged.handler("collections")
    with transaction.atomic():
        handler.lock(LOAN)
        handler.apply(outcome)


def at(hour):
    """Business time moved to this hour in Shanghai, on a day after the first day late."""
    day = max(clock.today(), FIRST_DAY_LATE) + dt.timedelta(days=1)
    clock.move_to(clock.start_of_day(day) + dt.timedelta(hours=hour), by="test")


def test_arrears_open_a_case_that_follows_them(customer):
    aged(customer, 1)
    aged(customer, 31, bucket="M2", arrears="1792.84")
    case = CollectionCase.objects.get()
    assert (case.loan_serial, case.customer_serial) == (LOAN, customer.serial)
    assert (case.status, case.dpd, case.bucket, case.arrears) == ("open", 31, "M2", Decimal("1792.84"))


def test_a_loan_without_arrears_has_no_case(customer):
    aged(customer, 0)
    assert not CollectionCase.objects.exists()


def test_payment_of_the_arrears_closes_the_case_and_stops_its_reminders(customer):
    aged(customer, 1)
    aged(customer, 0)
    case = CollectionCase.objects.get()
    assert (case.status, case.arrears, case.bucket) == ("closed", Decimal(0), "")
    assert TransitionLog.of(case).get().reason == "arrears paid"
    assert ContactAttempt.objects.get().outcome == "not_needed"
    work.drain()
    assert not Message.objects.filter(template="overdue_first").exists()


def test_a_loan_that_falls_overdue_again_gets_a_new_case(customer):
    for dpd in (1, 0, 1):
        aged(customer, dpd)
    assert sorted(CollectionCase.objects.values_list("status", flat=True)) == ["closed", "open"]


def test_two_open_cases_of_one_loan_are_refused_by_the_database(customer):
    aged(customer, 1)
    case = CollectionCase.objects.get()
    case.pk, case.serial, case._state.adding = None, "20270102CS000000002X", True
    with pytest.raises(DatabaseError), transaction.atomic():
        case.save()


def test_the_same_day_close_twice_reminds_once(customer):
    aged(customer, 1)
    aged(customer, 1)
    assert ContactAttempt.objects.count() == 1


@pytest.mark.parametrize(
    ("dpd", "template"),
    [
        *((1, "overdue_first"), (2, None), (3, "overdue_reminder"), (4, None), (7, "overdue_reminder")),
        *((8, None), (14, "overdue_reminder"), (31, "overdue_help"), (45, "overdue_help"), (181, None)),
    ],
)
def test_the_strategy_table_reminds_seldom(dpd, template):
    step = strategy.step_for(dpd, on=FIRST_DAY_LATE)
    assert (step.template if step else None) == template


def test_a_reminder_by_day_goes_out_once_and_names_what_is_open(customer):
    aged(customer, 1)
    at(10)
    contact = ContactAttempt.objects.get()
    assert reminders.send(str(contact.pk)) is None
    assert reminders.send(str(contact.pk)) is None
    message = Message.objects.get(template="overdue_first")
    assert LOAN in message.text
    assert "889.43" in message.text
    assert ContactAttempt.objects.get().outcome == "sent"


@pytest.mark.parametrize(("hour", "hours_to_wait"), [(22, 10), (2, 6), (7, 1)])
def test_at_night_a_reminder_waits_until_eight(customer, hour, hours_to_wait):
    aged(customer, 1)
    at(hour)
    again = reminders.send(str(ContactAttempt.objects.get().pk))
    assert again is not None
    assert dt.timedelta(hours=hours_to_wait) - again.after < dt.timedelta(seconds=10)
    assert not Message.objects.filter(template="overdue_first").exists()
    assert Work.objects.filter(kind="send_reminder").count() == 1
