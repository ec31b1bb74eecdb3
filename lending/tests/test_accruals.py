"""The day's accrual in totals: earned by the day, billed by the instalment, suspended beyond 90 days."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests import factories as people
from core import clock
from core.money import ZERO
from lending import accruals, repayments, shares, standing
from lending.models import DayAccrual, Loan
from lending.tests.factories import running_loan, tell
from lending.tests.test_lives import close_until
from payments import ledger
from payments.models import Transfer

pytestmark = pytest.mark.django_db
DAYS = dt.timedelta(days=1)
FUNDERS = ("own", "demo-bank")


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def balances(kind):
    return {code: ledger.balance(f"{kind}:{code}") for code in FUNDERS if ledger.balance(f"{kind}:{code}")}


def parts(loan, amount):
    return {funder.code: part for funder, part in shares.of_income(shares.of(loan), amount, split_before=ZERO)}


@pytest.mark.parametrize("partner", [False, True])
def test_income_is_earned_by_the_day_and_billed_by_the_instalment(customer, partner):
    loan = running_loan(customer, amount=Decimal("10000"), partner=partner)
    first = loan.instalments.first()
    period = (first.due_date - first.start).days
    for days in (1, 10, period - 1):
        loan = close_until(loan, loan.value_date + days * DAYS)
        earned = parts(loan, round(first.interest * days / period, 2))
        assert balances("interest_accrued") == balances("interest_income") == earned
    loan = close_until(loan, first.due_date)
    assert balances("interest_accrued") == {}
    assert balances("interest_income") == balances("interest_receivable") == parts(loan, first.interest)


def test_a_loan_beyond_90_days_earns_nothing_until_it_pays(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    first = loan.instalments.first()
    close_until(loan, first.due_date + 85 * DAYS)
    assert balances("interest_accrued") != {}
    close_until(loan, first.due_date + 90 * DAYS)
    assert balances("suspended_income") == {}
    loan = close_until(loan, first.due_date + 91 * DAYS)
    billed = loan.interest_raised + loan.penalty_raised
    assert sum(balances("suspended_income").values()) == billed
    assert balances("interest_accrued") == balances("interest_income") == balances("penalty_income") == {}
    tell(pay_all_due(loan).order, "succeeded")
    loan = close_until(Loan.objects.get(pk=loan.pk), clock.today())
    assert balances("suspended_income") == {}
    ours = balances("interest_income")["own"] + balances("penalty_income")["own"] - balances("interest_accrued")["own"]
    assert ours == parts(loan, loan.interest_paid)["own"] + parts(loan, loan.penalty_paid)["own"]


def pay_all_due(loan):
    due = standing.owed_on(loan, clock.today()).due
    return repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=due, strategy="")


def test_a_day_is_accrued_once(customer):
    loan = running_loan(customer, amount=Decimal("5000"))
    close_until(loan, loan.value_date + 3 * DAYS)
    for _again in range(2):
        accruals.post(loan.value_date + 3 * DAYS)
    assert Transfer.objects.filter(purpose=accruals.PURPOSE).count() == DayAccrual.objects.count() == 1
