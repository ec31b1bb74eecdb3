"""Two connections want the same thing at the same moment: one wins, the other hears why not, nothing deadlocks."""

import datetime as dt
import itertools
import json
from decimal import Decimal

import pytest
from django.test import RequestFactory

from accounts import staff
from accounts.origin import Channel
from accounts.roles import Role
from core import clock
from lending import applications, confirmations, day_close, repayments
from lending.models import Loan, Repayment
from lending.tests.factories import published
from payments import callbacks, querying, sending
from payments.models import ChannelNotice, PaymentOrder, Transfer
from payments.tests.institution import PATH, headers, notice
from risk import review
from risk.models import Decision, ReviewCase
from risk.reasons import DECLINE_REASONS
from tests.journeys import books
from tests.journeys.rivals import ROUNDS, applied, at_once, offered, somebody
from tests.support.databases import cloned_database
from tests.support.processes import running_sandbox, wait_until

DECLINE_REASON = next(iter(DECLINE_REASONS))
LOANS_A_CUSTOMER = 4  # more in a day would be looked at by an officer


@pytest.fixture(scope="module")
def world(test_session, django_db_setup, django_db_blocker, institution_keys):
    """A database of our own and the sandbox; what else happens, happens in this process."""
    with pytest.MonkeyPatch.context() as patch, cloned_database(django_db_blocker):
        patch.setenv("SANDBOX_SETTLE_SECONDS", "0")
        with running_sandbox(test_session) as sandbox:
            published(reading_seconds=0)
            yield sandbox


@pytest.fixture(scope="module")
def offers(world):
    """Offers, each open before its customer, without end."""
    return (offered(customer) for customer in borrowers())


def borrowers():
    while True:
        yield from itertools.repeat(somebody(), LOANS_A_CUSTOMER)


def confirm(application):
    return lambda: (
        confirmations.confirm(customer=application.customer, serial=application.serial, channel=Channel.API).serial
    )


def order_of(loan):
    return PaymentOrder.objects.get(reference=loan.serial)


def settled_there(world, order):
    """Send the order and wait until the institution has done it. Gives its number there."""
    sending.send(order.serial)
    book = f"{order.kind}s"
    wait_until(lambda: world.book(book, serial=order.serial)[book][0]["status"] == "SUCCESS", "settled", seconds=10)
    return world.book(book, serial=order.serial)[book][0]["channel_serial"]


def paid_out(world, offers):
    """A loan whose money has arrived."""
    application = next(offers)
    loan = Loan.objects.get(serial=confirm(application)())
    settled_there(world, order_of(loan))
    querying.query(order_of(loan).serial)
    loan.refresh_from_db()
    assert loan.status == "active"
    return loan


def test_one_offer_confirmed_twice_is_one_loan(world, offers):
    for _round in range(ROUNDS):
        application = next(offers)
        first, second = at_once(confirm(application), confirm(application))
        assert first == second
        assert Loan.objects.filter(application=application).count() == 1
        assert PaymentOrder.objects.filter(reference=first).count() == 1


def test_confirming_and_withdrawing_never_both_win(world, offers):
    for _round in range(ROUNDS):
        application = next(offers)
        customer, serial = application.customer, application.serial
        took, left = at_once(
            confirm(application), lambda c=customer, s=serial: applications.withdraw(customer=c, serial=s).status
        )
        assert (took, left) in ((took, "wrong_state"), ("no_offer", "withdrawn"))
        assert Loan.objects.filter(application=application).exists() == (took != "no_offer")


def test_a_second_application_at_the_same_moment_is_refused(world):
    for _round in range(ROUNDS // LOANS_A_CUSTOMER):
        customer = somebody()

        def apply(customer=customer):
            return applied(customer).status

        results = at_once(apply, apply)
        assert sorted(results) == ["application_open", "approved"]
        assert customer.applications.count() == 1


def incoming(keys, order, channel_serial):
    """The institution's callback that the order succeeded, as the web process takes it in."""
    body = json.dumps(notice(order, "SUCCESS", channel_serial=channel_serial))
    signed = headers(keys, body)
    content_type = signed.pop("Content-Type")
    return RequestFactory().post(PATH, data=body, content_type=content_type, headers=signed)


def test_callback_and_poller_settle_an_order_once(world, offers, institution_keys):
    for _round in range(ROUNDS):
        loan = Loan.objects.get(serial=confirm(next(offers))())
        order = order_of(loan)
        channel_serial = settled_there(world, order)
        callbacks.receive("payment", incoming(institution_keys, order, channel_serial))
        notice_id = str(ChannelNotice.objects.get(out_trade_no=order.serial).pk)
        at_once(
            lambda n=notice_id: callbacks.apply(n),
            lambda o=order: querying.query(o.serial),
            lambda n=notice_id: callbacks.apply(n),
        )
        order.refresh_from_db()
        loan.refresh_from_db()
        assert (order.status, loan.status, loan.outstanding_principal) == ("succeeded", "active", loan.principal)
        assert Transfer.objects.filter(reference=order.serial, purpose="payout").count() == 1
        assert loan.events.count() == 1
    books.require_agreement(world)


@pytest.fixture(scope="module")
def officers(world):
    """Two who may decide."""
    names = ("rival-one", "rival-two")
    return [staff.hire(username=name, password="correct horse battery", role=Role.RISK_OFFICER) for name in names]


def doubtful_case():
    application = applied(somebody(), amount="20000.00", doubtful=True)
    return ReviewCase.objects.get(reference=application.serial), application


def test_two_officers_over_one_case(world, officers):
    for _round in range(ROUNDS // LOANS_A_CUSTOMER):
        case, application = doubtful_case()
        claims = at_once(*(lambda o=officer, c=case: review.claim(case=c, officer=o) for officer in officers))
        assert sorted(claims) == ["None", "wrong_state"]
        winner = officers[claims.index("None")]

        def decline(officer, case=case):
            return lambda: review.decline(case=case, officer=officer, reasons=[DECLINE_REASON]).outcome

        loser = officers[claims.index("wrong_state")]
        answers = at_once(decline(winner), decline(winner), decline(loser))
        assert sorted(answers[:2]) == ["declined", "wrong_state"]
        assert answers[2] in ("claimed_by_other", "wrong_state")
        application.refresh_from_db()
        assert application.status == "declined"
        assert Decision.objects.filter(reference=application.serial).exclude(basis=None).count() == 1


@pytest.fixture(scope="module")
def running_loan(world, offers):
    """A loan whose first instalment is due today."""
    loan = paid_out(world, offers)
    due = loan.instalments.first().due_date
    clock.move_to(clock.start_of_day(due) + dt.timedelta(hours=12), by="system:test")
    return loan


def require_even(loan):
    """The loan's figures, its instalments, its ledger accounts and its events say the same."""
    loan.refresh_from_db()
    instalments = list(loan.instalments.all())
    paid = sum(item.paid_principal for item in instalments)
    assert loan.principal_paid == paid == loan.principal - loan.outstanding_principal
    assert loan.interest_paid == sum(item.paid_interest for item in instalments)
    assert loan.penalty_raised == sum(item.penalty for item in instalments)
    assert [event.no for event in loan.events.all()] == list(range(1, loan.events.count() + 1))


def test_repayment_and_day_close_take_turns_on_a_loan(world, running_loan):
    """Every day a fen or more is repaid while the day before is closed twice; then the money arrives during a close."""
    loan, customer = running_loan, running_loan.customer
    paid = Decimal(0)
    for number in range(ROUNDS):
        clock.move_to(clock.now() + dt.timedelta(days=1), by="system:test")
        yesterday = clock.today() - dt.timedelta(days=1)
        amount = Decimal("0.05") + Decimal(number % 7) / 100

        def repay(amount=amount):
            return repayments.ask(customer=customer, loan_serial=loan.serial, amount=amount).serial

        def close(yesterday=yesterday):
            return day_close.close_loan(loan.serial, yesterday)

        first, second, *closed = at_once(repay, repay, close, close)
        assert "repayment_running" in (first, second)
        assert closed == ["None", "None"]
        repayment = Repayment.objects.get(serial=next(one for one in (first, second) if one != "repayment_running"))
        order = PaymentOrder.objects.get(serial=repayment.order)
        settled_there(world, order)
        at_once(lambda o=order: querying.query(o.serial), lambda o=order: querying.query(o.serial), close)
        paid += amount
        repayment.refresh_from_db()
        assert repayment.status == "succeeded"
        require_even(loan)
        assert loan.principal_paid + loan.interest_paid + loan.penalty_paid == paid
        assert loan.last_closed_date >= yesterday
    books.require_agreement(world)
