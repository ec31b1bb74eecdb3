"""Corners in which a loan once went wrong: each was found by a reviewer, and stays closed."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from accounts.tests import factories as people
from core import clock, work
from core.money import ZERO
from lending import credit_lines, day_close, repayments, standing
from lending.models import ClosedDay, CreditLine, Loan, Participation
from lending.tests.factories import running_loan, tell
from lending.tests.test_lives import assert_books_agree, close_until, go_to, owed_in_all, pay

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def test_a_payment_comes_back_although_the_limit_is_used_again(customer):
    loan = running_loan(customer, amount=Decimal("4000"))
    paid = pay(loan, standing.owed_on(loan, clock.today()).payoff)
    line = CreditLine.objects.get(customer=customer)
    credit_lines.hold(line, loan_serial="ANOTHER", amount=line.limit)
    tell(paid.order, "returned", reason="BOUNCED")
    line.refresh_from_db()
    assert (line.used, line.limit >= line.used + line.held) == (Decimal("4000.00"), True)
    assert Loan.objects.get(pk=loan.pk).status == "active"


def test_a_lower_offer_does_not_cut_the_limit(customer):
    with transaction.atomic():
        line = credit_lines.grant_more(customer, Decimal("3000"))
        assert credit_lines.grant_more(customer, Decimal("10")).limit == line.limit == Decimal("3000")


@pytest.mark.parametrize("amount", ["10", "1000.05", "10000"])
@pytest.mark.parametrize("days", [0, 1, 30, 31])
def test_a_payoff_clears_the_loan_even_when_no_interest_has_run(customer, amount, days):
    loan = running_loan(customer, amount=Decimal(amount))
    go_to(loan.value_date + days * ONE_DAY)
    pay(loan, standing.owed_on(loan, clock.today()).payoff)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, owed_in_all(loan)) == ("cleared", ZERO)
    assert not loan.instalments.filter(raised=False).exists()
    assert_books_agree(loan)


def test_a_payment_that_comes_back_before_yesterday_is_closed_stays_back(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    first = loan.instalments.first()
    go_to(first.due_date)
    paid = pay(loan, first.total)
    go_to(first.due_date + 3 * ONE_DAY)
    tell(paid.order, "returned", reason="BOUNCED")
    day_close.close_day((first.due_date + 2 * ONE_DAY).isoformat())
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.dpd, loan.instalments.first().paid_principal) == ("overdue", 3, ZERO)
    assert_books_agree(loan)


def test_what_is_shown_as_due_is_what_cures_the_loan(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    loan = close_until(loan, loan.instalments.first().due_date + 9 * ONE_DAY)
    pay(loan, standing.owed_on(loan, clock.today()).due)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.dpd, standing.owed_on(loan, clock.today()).due) == ("active", 0, ZERO)


def test_the_same_request_is_collected_once(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    asked = {"customer": customer, "loan_serial": loan.serial, "amount": Decimal("100"), "strategy": "lower"}
    first = repayments.ask(**asked, request_key="one")
    tell(first.order, "succeeded")
    assert repayments.ask(**asked, request_key="one") == first
    assert repayments.ask(**asked, request_key="two") != first


def test_days_slept_through_are_closed_each_on_its_own(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    due = loan.instalments.first().due_date
    close_until(loan, due - ONE_DAY)
    go_to(due + 4 * ONE_DAY)
    day_close.start_what_is_due()
    work.drain()
    days = list(ClosedDay.objects.filter(business_date__gte=due).values_list("business_date", flat=True))
    assert sorted(days) == [due + n * ONE_DAY for n in range(4)]
    assert loan.events.get(kind="due").business_date == due


def test_the_partner_is_asked_for_the_share_that_is_booked(customer):
    loan = running_loan(customer, amount=Decimal("1000.05"), partner=True)
    assert Participation.objects.get(loan=loan).amount == Decimal("700.03")


@pytest.mark.parametrize("path", ["applications/%00/", "loans/%00/", "loans/x/repayments/%00/", "documents/%00/"])
def test_an_address_that_cannot_be_one_is_not_found(db, path):
    assert Client().get(f"/api/v1/{path}").status_code == 404
