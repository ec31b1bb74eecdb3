"""A customer and two workers on one loan at one moment: nothing is lost, nobody waits for ever, losers hear why."""

import datetime as dt
import os
from decimal import Decimal

import pytest

from core import clock
from lending import batch_close, day_close, repayments, standing
from lending.models import Loan, Repayment
from lending.tests.factories import running_loan as received_loan
from lending.tests.factories import tell
from lending.tests.test_lives import assert_books_agree
from tests.journeys.rivals import at_once, somebody
from tests.support.databases import cloned_database
from tests.support.processes import running_sandbox

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
LOANS, DAYS = (100, 50) if NIGHTLY else (1, 12)  # two tries a day
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def world(test_session, django_db_setup, django_db_blocker, institution_keys):
    with cloned_database(django_db_blocker), running_sandbox(test_session) as sandbox:
        yield sandbox


def test_a_customer_and_two_workers_act_on_one_loan(world):
    for _loan in range(LOANS):
        loan = received_loan(somebody(), amount=Decimal("3000"), partner=True)
        clock.move_to(clock.start_of_day(loan.instalments.first().due_date - 5 * ONE_DAY), by="system:test")
        for number in range(DAYS):
            clock.move_to(clock.now() + ONE_DAY, by="system:test")
            paid = Loan.objects.get(pk=loan.pk).principal_paid
            asked = ask_while_the_day_is_closed(loan, Decimal("3.05") + number)
            hear_of_it_while_the_day_is_closed(loan, asked)
            assert_books_agree(loan)
            assert Repayment.objects.get(serial=asked).status == "succeeded"
            assert Loan.objects.get(pk=loan.pk).principal_paid >= paid


def ask_while_the_day_is_closed(loan, amount):
    """Two requests of the customer, a batch and a single close. One request wins; the other is told why not."""
    yesterday = clock.today() - ONE_DAY

    def ask():
        return repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=amount, strategy="lower").serial

    first, second, _batch, single = at_once(
        ask,
        ask,
        lambda: batch_close.close_some(yesterday),
        lambda: day_close.close_loan(loan.serial, yesterday),
    )
    assert "repayment_running" in (first, second)
    assert single == "None"
    return next(answer for answer in (first, second) if answer != "repayment_running")


def hear_of_it_while_the_day_is_closed(loan, asked):
    """The money's arrival, told twice, a batch, and the customer who asks what is owed."""
    yesterday = clock.today() - ONE_DAY
    order = Repayment.objects.get(serial=asked).order
    answers = at_once(
        lambda: tell(order, "succeeded"),
        lambda: tell(order, "succeeded"),
        lambda: batch_close.close_some(yesterday),
        lambda: standing.owed_on(Loan.objects.get(pk=loan.pk), clock.today()).due,
    )
    assert sorted(answers[:2]) == ["None", "wrong_state"]
