"""Joint funding through the partner's own process: its yes, its no, its silence, and its answers that get lost."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Purpose
from accounts.tests import factories as people
from core import clock
from core.models import Work
from lending import confirmations, funding, releases
from lending.models import AgreementShare, Funder, FundingAgreement, Loan, Participation
from lending.tests.factories import offered, tell, withdraw_consent
from payments.models import PaymentOrder

pytestmark = pytest.mark.django_db
JOINT = [("own", Decimal("0.3")), ("demo-bank", Decimal("0.7"))]
DIRECT = [("own", Decimal(1))]


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def confirmed(customer, amount="10000"):
    application = offered(customer, amount=Decimal(amount))
    return confirmations.confirm(customer=customer, serial=application.serial, channel="portal")


def shares_of(loan):
    return list(loan.funding.values_list("funder__code", "share"))


def participation_of(loan):
    return Participation.objects.get(loan=loan)


def orders_of(loan):
    return PaymentOrder.objects.filter(reference=loan.serial).count()


def wait_no_longer(loan):
    long_ago = clock.real_now() - funding.PARTNER_PATIENCE
    Participation.objects.filter(loan=loan).update(asked_at=long_ago)


def asked_at_the_partner(sandbox, loan):
    rows = sandbox.book("participations")["participations"]
    return [row for row in rows if row["serial"] == participation_of(loan).serial]


def decision_at_the_partner(sandbox, loan):
    [row] = asked_at_the_partner(sandbox, loan)
    return row["answer"]


def test_a_partner_that_approves_takes_its_frozen_share(customer, sandbox):
    loan = confirmed(customer)
    assert (orders_of(loan), shares_of(loan)) == (0, [])  # no money before the partner has spoken
    assert funding.ask(loan.serial) is None
    participation = participation_of(loan)
    assert (participation.status, participation.amount) == ("approved", Decimal("7000.00"))
    assert participation.funder_serial
    assert shares_of(loan) == JOINT
    assert funding.ask(loan.serial) is None
    assert (orders_of(loan), len(asked_at_the_partner(sandbox, loan))) == (1, 1)


def test_a_partner_that_refuses_leaves_the_loan_to_us(customer):
    loan = confirmed(customer, "10000.95")
    funding.ask(loan.serial)
    assert participation_of(loan).status == "refused"
    assert (shares_of(loan), orders_of(loan)) == (DIRECT, 1)


def test_a_partner_that_never_answers_is_left_out_after_a_while(customer, fault):
    loan = confirmed(customer)
    fault("participations", "lose", count=None)
    assert funding.ask(loan.serial) is not None
    assert (participation_of(loan).status, orders_of(loan)) == ("asking", 0)
    wait_no_longer(loan)
    assert funding.ask(loan.serial) is None
    assert participation_of(loan).status == "given_up"
    assert (shares_of(loan), orders_of(loan)) == (DIRECT, 1)


def test_a_lost_yes_is_read_from_the_partners_books(customer, sandbox, fault):
    loan = confirmed(customer)
    fault("participations", "error_after_accepting", count=1)
    funding.ask(loan.serial)
    funding.ask(loan.serial)
    assert participation_of(loan).status == "approved"
    assert (shares_of(loan), orders_of(loan)) == (JOINT, 1)
    assert len(asked_at_the_partner(sandbox, loan)) == 1


def test_a_partner_hears_nothing_of_a_customer_who_has_not_agreed(customer):
    withdraw_consent(customer, Purpose.FUNDER_SHARING)
    loan = confirmed(customer)
    assert not Participation.objects.filter(loan=loan).exists()
    assert (shares_of(loan), orders_of(loan)) == (DIRECT, 1)


@pytest.mark.parametrize("change", ["off_list", "ended", "too_small"])
def test_without_an_agreement_in_force_we_fund_alone(customer, change):
    if change == "off_list":
        Funder.objects.filter(code="demo-bank").update(whitelisted=False)
    if change == "ended":
        FundingAgreement.objects.update(effective_to=clock.today() - dt.timedelta(days=1))
    loan = confirmed(customer, "999.99" if change == "too_small" else "10000")
    assert (shares_of(loan), orders_of(loan)) == (DIRECT, 1)


@pytest.mark.parametrize("share", ["0.29", "0.71"])
def test_no_agreement_leaves_a_funder_less_than_thirty_percent(share, db):
    with pytest.raises(IntegrityError), transaction.atomic():
        AgreementShare.objects.update(share=Decimal(share))


def test_an_answer_that_comes_after_the_end_changes_nothing(customer):
    loan = confirmed(customer, "10000.95")
    funding.ask(loan.serial)
    answer = funding._partners_answer(participation_of(loan))
    funding.settle(participation_of(loan).serial, "approved", answer)
    assert participation_of(loan).status == "refused"
    assert (shares_of(loan), orders_of(Loan.objects.get(pk=loan.pk))) == (DIRECT, 1)


def test_a_yes_that_we_gave_up_waiting_for_is_released_at_the_partner(customer, sandbox, fault):
    loan = confirmed(customer)
    fault("participations", "lose_answer", count=1)
    assert funding.ask(loan.serial) is not None
    assert decision_at_the_partner(sandbox, loan) == "approved"
    fault("queries", "lose", count=1)
    wait_no_longer(loan)
    assert funding.ask(loan.serial) is None
    assert Work.objects.filter(kind=releases.RELEASE, key=participation_of(loan).serial, state="waiting").exists()
    fault("releases", "lose_answer", count=1)
    assert releases.tell(participation_of(loan).serial) is not None
    assert participation_of(loan).status == "given_up"  # not known to have heard: told again
    assert releases.tell(participation_of(loan).serial) is None
    assert participation_of(loan).status == "released"
    assert decision_at_the_partner(sandbox, loan) == "released"
    assert releases.tell(participation_of(loan).serial) is None
    assert (shares_of(loan), orders_of(loan)) == (DIRECT, 1)


def test_a_request_that_reaches_the_partner_after_its_release_is_refused(customer, fault):
    loan = confirmed(customer)
    fault("queries", "lose", count=1)
    wait_no_longer(loan)
    funding.ask(loan.serial)
    releases.tell(participation_of(loan).serial)
    late = funding._partners_answer(participation_of(loan))
    assert (late.body["answer"], late.body["reason"]) == ("refused", "RELEASED")


@pytest.mark.parametrize("ends", [["failed"], ["succeeded", "returned"]])
def test_a_partner_is_told_that_the_loan_it_took_a_share_of_failed(customer, sandbox, ends):
    loan = confirmed(customer)
    funding.ask(loan.serial)
    order = PaymentOrder.objects.get(reference=loan.serial)
    for end in ends:
        assert not Work.objects.filter(kind=releases.RELEASE).exists()
        tell(order.serial, end)
    assert Work.objects.filter(kind=releases.RELEASE, key=participation_of(loan).serial).exists()
    releases.tell(participation_of(loan).serial)
    assert participation_of(loan).status == "released"
    assert decision_at_the_partner(sandbox, loan) == "released"


def test_a_partner_that_refused_is_told_nothing_when_the_loan_fails(customer):
    loan = confirmed(customer, "10000.95")
    funding.ask(loan.serial)
    tell(PaymentOrder.objects.get(reference=loan.serial).serial, "failed")
    assert not Work.objects.filter(kind=releases.RELEASE).exists()
