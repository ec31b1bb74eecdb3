"""Batches of the day close: what the fold would have made of each loan, to the fen; what is busy or broken is left."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Min
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests import factories as people
from core import clock
from core.models import TransitionLog
from debt_collection.models import CollectionCase
from lending import batch_close, day_close, repayments, standing
from lending.models import ClosedDay, Instalment, Loan
from lending.tests.factories import published, running_loan, tell
from lending.tests.test_lives import assert_books_agree, close_until, go_to
from payments.models import Entry

ONE_DAY = dt.timedelta(days=1)
METHODS = ["equal_instalment", "equal_principal", "interest_only", "bullet"]


@pytest.fixture
def customer(db, sandbox):
    return people.verified_customer()


@pytest.fixture
def all_methods(db):
    return published(methods=METHODS, terms_months=[6])


def by_the_fold(loan):
    """Take the loan out of the batches until its next close."""
    Loan.objects.filter(pk=loan.pk).update(plain_penalty_rate=None)


def close_both(plain, folded, until):
    """Close the days up to `until` one after another, as the house does: one loan in batches, its twin by the fold."""
    go_to(until + ONE_DAY)
    twins = Loan.objects.filter(pk__in=[plain.pk, folded.pk], status__in=day_close.REPAYING)
    while acts_on := twins.filter(acts_on__lte=until).aggregate(first=Min("acts_on"))["first"]:
        by_the_fold(folded)
        while batch_close.close_some(acts_on):
            pass
        day_close.close_day(acts_on.isoformat())


def pay(loan, share):
    loan = Loan.objects.select_related("customer").get(pk=loan.pk)
    amount = (standing.owed_on(loan, clock.today()).due * share / 100).quantize(Decimal("0.01"))
    if loan.is_repaying and amount > 0:
        tell(
            repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=amount, strategy="").order,
            "succeeded",
        )


def told(loan):
    """All that is written about a loan, without what only one of two can have: numbers and names."""
    loan = Loan.objects.get(pk=loan.pk)
    entries = Entry.objects.filter(transfer__reference=loan.serial)
    case = CollectionCase.objects.filter(loan_serial=loan.serial).order_by("-id").first()
    return {
        "loan": [
            *(loan.status, loan.outstanding_principal, loan.interest_raised, loan.penalty_raised, loan.interest_paid),
            *(loan.penalty_paid, loan.dpd, loan.acts_on),
        ],
        "rows": list(
            Instalment.objects.filter(loan=loan).values_list("no", "due_date", "raised", "penalty", "interest")
        ),
        "late": list(Instalment.objects.filter(loan=loan).values_list("late_principal_days", flat=True)),
        "events": list(loan.events.values_list("no", "kind", "business_date", "value_date", "amount", "details")),
        "entries": sorted(
            entries.values_list("transfer__purpose", "transfer__business_date", "account", "side", "amount")
        ),
        "case": case and [case.status, case.dpd, case.bucket, case.arrears, case.outstanding_principal],
        "reminders": case and list(case.contacts.values_list("business_date", "template", "outcome")),
        "transitions": list(
            TransitionLog.of(loan).exclude(verb="activate").values_list("verb", "from_status", "to_status", "reason")
        ),
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=4)
@given(
    fen=st.integers(100_000, 500_000),
    method=st.sampled_from(METHODS),
    partner=st.booleans(),
    steps=st.lists(st.tuples(st.integers(0, 35), st.integers(0, 100)), min_size=2, max_size=5),
)
def test_a_batch_makes_of_a_loan_what_the_fold_makes_of_it(customer, all_methods, fen, method, partner, steps):
    wish = {"amount": Decimal(fen) / 100, "term_months": 6, "method": method, "partner": partner}
    plain, folded = (running_loan(customer, **wish) for _twin in range(2))
    for days, share in steps:
        close_both(plain, folded, clock.today() + days * ONE_DAY)
        assert told(plain) == told(folded)
        assert_books_agree(plain)
        pay(plain, share)
        pay(folded, share)
        assert told(plain) == told(folded)


def test_a_quiet_loan_is_left_as_it_is(customer):
    loan = running_loan(customer, amount=Decimal("5000"))
    first = loan.instalments.first()
    assert (loan.acts_on, loan.plain_penalty_rate) == (first.due_date, Decimal("0.1836"))
    quiet = close_until(loan, first.due_date - ONE_DAY)
    assert quiet.last_closed_date == loan.value_date
    acted = close_until(loan, first.due_date)
    assert (acted.last_closed_date, acted.acts_on) == (first.due_date, first.due_date + ONE_DAY)


def test_what_a_batch_cannot_close_is_left_to_the_fold(customer):
    good, odd = (running_loan(customer, amount=Decimal("900")) for _ in range(2))
    due = good.instalments.first().due_date
    Loan.objects.filter(pk=odd.pk).update(interest_raised=Decimal("0.01"))  # more than was ever booked
    go_to(due + ONE_DAY)
    day_close.close_day(due.isoformat())
    assert set(Loan.objects.values_list("last_closed_date", flat=True)) == {due}
    assert ClosedDay.objects.get(business_date=due).parked == 0


def test_a_busy_loan_is_left_out_of_the_batch_and_closed_by_the_next(committed_db, sandbox):
    customer = people.verified_customer()
    busy, free = (running_loan(customer, amount=Decimal("900")) for _ in range(2))
    due = free.instalments.first().due_date
    go_to(due + ONE_DAY)
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Loan.objects.get(pk=busy.pk).lock()
            held.set()
            done.wait(30)
        connection.close()

    rival = threading.Thread(target=hold)
    rival.start()
    held.wait(30)
    assert batch_close.close_some(due)
    assert not batch_close.close_some(due)
    assert Loan.objects.get(pk=busy.pk).last_closed_date < due == Loan.objects.get(pk=free.pk).last_closed_date
    done.set()
    rival.join()
    assert batch_close.close_some(due)
    assert Loan.objects.get(pk=busy.pk).last_closed_date == due
