"""Giving a loan back in its cooling-off days, with or without the interest of the days used."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests import factories as people
from core import clock
from core.money import ZERO, round_money
from core.problems import Problem
from lending import cooling_off, repayments, standing
from lending.models import Loan
from lending.tests.factories import published, running_loan, tell
from lending.tests.test_lives import assert_books_agree, go_to, owed_in_all, pay

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
BACK = "give_back"


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def lent(customer, *, interest, partner=False):
    published(cooling_off_days=7, cooling_off_interest=interest)
    return running_loan(customer, amount=Decimal("10000"), partner=partner)


def price(loan):
    return cooling_off.amount(loan, standing.fold_of(loan, clock.today()))


@pytest.mark.parametrize("partner", [False, True])
@pytest.mark.parametrize("interest", [False, True])
def test_a_loan_given_back_costs_the_days_used_or_nothing(customer, interest, partner):
    loan = lent(customer, interest=interest, partner=partner)
    go_to(loan.value_date + 7 * DAY)
    days_used = round_money(Decimal("10000") * Decimal("0.1224") * 7 / 365) if interest else ZERO
    assert price(loan) == 10000 + days_used
    shown = repayments.preview(loan=loan, amount=price(loan), strategy=BACK)
    assert shown.after == []
    paid = pay(loan, price(loan), strategy=BACK)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, owed_in_all(loan), loan.interest_paid) == ("cleared", ZERO, days_used)
    assert loan.events.filter(kind="giving_back").count() == 1
    assert_books_agree(loan)
    tell(paid.order, "returned", reason="BOUNCED")
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.outstanding_principal) == ("active", Decimal("10000.00"))
    assert standing.owed_on(loan, clock.today()).payoff > 10000
    assert_books_agree(loan)


def test_it_counts_from_the_day_it_was_asked(customer):
    loan = lent(customer, interest=False)
    go_to(loan.value_date + 7 * DAY)
    asked = repayments.ask(customer=customer, loan_serial=loan.serial, amount=price(loan), strategy=BACK)
    go_to(loan.value_date + 9 * DAY)
    tell(asked.order, "succeeded")
    assert Loan.objects.get(pk=loan.pk).status == "cleared"
    assert_books_agree(loan)


def test_after_the_days_or_with_another_amount_it_is_refused(customer):
    loan = lent(customer, interest=False)
    go_to(loan.value_date + 3 * DAY)
    with pytest.raises(Problem, match="amount_not_whole"):
        pay(loan, price(loan) - 1, strategy=BACK)
    go_to(loan.value_date + 8 * DAY)
    with pytest.raises(Problem, match="cooling_off_over"):
        pay(loan, price(loan), strategy=BACK)


def test_a_part_paid_early_that_bounces_leaves_what_was_given_back_a_payment_like_any_other(customer):
    loan = lent(customer, interest=False, partner=True)
    go_to(loan.value_date + 2 * DAY)
    early = pay(loan, Decimal("3000"), strategy="lower")
    go_to(loan.value_date + 5 * DAY)
    assert price(loan) == Decimal("7000.00")
    pay(loan, price(loan), strategy=BACK)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"
    tell(early.order, "returned", reason="BOUNCED")
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.outstanding_principal) == ("active", Decimal("3000.00"))
    assert_books_agree(loan)


def test_a_product_without_such_days_grants_none(customer):
    published(cooling_off_days=0)
    loan = running_loan(customer, amount=Decimal("900"))
    assert cooling_off.last_day(loan) is None
    with pytest.raises(Problem, match="cooling_off_over"):
        pay(loan, Decimal("900"), strategy=BACK)


def test_more_days_than_to_the_first_instalment_are_no_product(db):
    with pytest.raises(Problem, match="product_contradicts"):
        published(cooling_off_days=28)
