"""An order that was told to have failed has moved money after all: the books follow, and the customer is told."""

from decimal import Decimal

import pytest

from accounts.models import Message
from accounts.origin import Channel
from accounts.tests import factories as people
from core import clock
from core.models import Alert
from core.outbound import Answer, Outcome
from lending import confirmations, funding, repayments, standing
from lending.models import CreditLine, Loan, Participation, Repayment
from lending.tests.factories import offered, running_loan, tell
from lending.tests.test_lives import assert_books_agree, pay
from payments import ledger
from payments.chart import AccountKind, account

pytestmark = pytest.mark.django_db
AMOUNT = Decimal("4000")


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def failed_loan(customer, *, partner=False):
    """A loan whose payout was told to have failed."""
    loan = confirmations.confirm(
        customer=customer, serial=offered(customer, amount=AMOUNT).serial, channel=Channel.PORTAL
    )
    for participation in Participation.objects.filter(loan=loan):
        funding.settle(participation.serial, "approved" if partner else "refused", Answer(Outcome.UNKNOWN))
    loan.refresh_from_db()
    tell(loan.payout_order, "failed", reason="LOST")
    assert Loan.objects.get(pk=loan.pk).status == "cancelled"
    return loan


def suspense():
    return ledger.balance(account(AccountKind.SUSPENSE))


def test_a_loan_of_ours_alone_runs_from_the_day_on_which_that_is_known(customer):
    loan = failed_loan(customer)
    tell(loan.payout_order, "succeeded", after_failure=True)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.value_date, loan.outstanding_principal) == ("active", clock.today(), AMOUNT)
    line = CreditLine.objects.get(customer=customer)
    assert (line.used, line.held) == (AMOUNT, 0)
    assert_books_agree(loan)
    assert Message.objects.filter(customer=customer, template="loan_paid_after_all").count() == 1


def test_the_limit_stretches_where_it_was_drawn_again_meanwhile(customer):
    first = failed_loan(customer)
    second = running_loan(customer, amount=CreditLine.objects.get(customer=customer).available)
    tell(first.payout_order, "succeeded", after_failure=True)
    line = CreditLine.objects.get(customer=customer)
    assert (line.used, line.held, line.available) == (AMOUNT + second.principal, 0, 0)


def test_a_joint_loan_whose_partners_were_let_go_stands_in_suspense_until_the_money_comes_back(customer):
    before, loan = suspense(), failed_loan(customer, partner=True)
    tell(loan.payout_order, "succeeded", after_failure=True)
    assert Loan.objects.get(pk=loan.pk).status == "cancelled"
    assert suspense() - before == -AMOUNT
    alert = Alert.objects.get(kind="paid_after_failure", key=loan.payout_order)
    assert (alert.severity, alert.status) == (3, "open")
    tell(loan.payout_order, "returned", reason="ASKED_BACK")
    alert.refresh_from_db()
    assert (suspense(), alert.status) == (before, "cleared")


def test_a_payment_counts_from_the_day_it_was_asked_and_what_is_too_much_is_kept_for_the_customer(customer):
    loan = running_loan(customer, amount=AMOUNT)
    payoff = standing.owed_on(loan, clock.today()).payoff
    lost = repayments.ask(customer=customer, loan_serial=loan.serial, amount=payoff, request_key="1")
    tell(lost.order, "failed", reason="LOST")
    pay(loan, payoff)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"
    tell(lost.order, "succeeded", after_failure=True)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.credit) == ("cleared", payoff)
    assert Repayment.objects.get(pk=lost.pk).status == "succeeded"
    assert_books_agree(loan)
