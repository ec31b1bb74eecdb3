"""From the offer to the contract: read first, confirmed once, within the limit, sealed."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.tests import factories as people
from core import clock
from core.problems import Problem
from lending import confirmations, contracts, credit_lines
from lending.models import CreditLine, LimitHold, Loan, LoanApplication, LoanContract
from lending.tests.factories import offered
from payments.models import PaymentOrder

pytestmark = pytest.mark.django_db
SMALL = Decimal("900")  # too little for the partner's agreement


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def confirm(application):
    return confirmations.confirm(customer=application.customer, serial=application.serial, channel="portal")


def figures(customer):
    line = CreditLine.objects.get(customer=customer)
    return line.limit, line.used, line.held, line.available


def test_costs_are_read_before_they_are_confirmed(customer):
    application = offered(customer, amount=SMALL)
    for opened_at in (None, clock.real_now()):
        LoanApplication.objects.filter(pk=application.pk).update(opened_at=opened_at)
        with pytest.raises(Problem, match="not_read") as refused:
            confirm(application)
        assert 0 < refused.value.details["seconds"] <= application.product.reading_seconds
    assert not Loan.objects.exists()
    assert figures(customer) == (SMALL, 0, 0, SMALL)


def test_opening_the_offer_again_does_not_start_the_reading_anew(customer):
    application = offered(customer, amount=SMALL)
    again = confirmations.open_offer(customer=customer, serial=application.serial)
    assert again.opened_at == application.opened_at
    assert confirmations.seconds_to_read(again) == 0


def test_a_repeated_confirmation_answers_with_the_same_loan(customer):
    application = offered(customer, amount=SMALL)
    first, second = confirm(application), confirm(application)
    assert first.pk == second.pk
    assert PaymentOrder.objects.filter(reference=first.serial).count() == 1
    assert LimitHold.objects.filter(loan_serial=first.serial).count() == 1
    assert figures(customer) == (SMALL, 0, SMALL, 0)


def test_an_expired_offer_is_not_confirmed_before_or_after_the_sweep(customer):
    application = offered(customer, amount=SMALL)
    clock.move_to(application.offer_expires_at, by="test")
    with pytest.raises(Problem, match="offer_expired"):
        confirm(application)
    assert not Loan.objects.exists()


def test_the_whole_principal_is_ordered_and_is_what_the_contract_says(customer):
    loan = confirm(offered(customer, amount=SMALL))
    order = PaymentOrder.objects.get(reference=loan.serial)
    contract = loan.contract
    assert order.amount == loan.principal == SMALL
    assert "900.00" in contract.text
    assert customer.name in contract.text
    assert contract.contract_no in contract.text
    assert contracts.is_intact(contract)


def test_a_contract_cannot_be_changed_and_a_change_would_show(customer):
    contract = confirm(offered(customer, amount=SMALL)).contract
    for act in (lambda: LoanContract.objects.filter(pk=contract.pk).update(language="en"), contract.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    contract.text += " "
    assert not contracts.is_intact(contract)


def test_what_staff_see_of_a_contract_and_what_is_stored_names_nobody(customer):
    contract = confirm(offered(customer, amount=SMALL)).contract
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM lending_loancontract WHERE id = %s", [contract.pk])
        stored = str(cursor.fetchone()[0])
    shown = contracts.masked_text(contract)
    preview = contracts.preview(offered(customer, amount=SMALL), value_date=clock.today())
    for text in (stored, shown, preview):
        assert customer.name not in text
        assert customer.id_number not in text


def test_a_draw_beyond_the_limit_or_on_a_frozen_line_is_refused_and_nothing_is_left(customer):
    application = offered(customer, amount=SMALL)
    line = CreditLine.objects.get(customer=customer)
    CreditLine.objects.filter(pk=line.pk).update(limit=SMALL - Decimal("0.01"))
    with pytest.raises(Problem, match="limit_exceeded"):
        confirm(application)
    CreditLine.objects.filter(pk=line.pk).update(limit=SMALL)
    with transaction.atomic():
        line.freeze(by="test", why="test")
    with pytest.raises(Problem, match="limit_exceeded"):
        confirm(application)
    application.refresh_from_db()
    assert (application.status, Loan.objects.count(), PaymentOrder.objects.count()) == ("approved", 0, 0)
    with transaction.atomic():
        line.thaw(by="test", why="test")
    assert confirm(application).status == "pending"


def test_a_held_part_is_used_or_released_once(customer):
    with transaction.atomic():
        line = credit_lines.grant_more(customer, Decimal("100"))
        credit_lines.hold(line, loan_serial="A", amount=Decimal("60"))
        with pytest.raises(Problem, match="limit_exceeded"):
            credit_lines.hold(line, loan_serial="B", amount=Decimal("40.01"))
        credit_lines.hold(line, loan_serial="B", amount=Decimal("40"))
        assert figures(customer) == (100, 0, 100, 0)
        credit_lines.use(line, loan_serial="A")
        credit_lines.release(line, loan_serial="B")
        assert figures(customer) == (100, 60, 0, 40)
        for end in (credit_lines.use, credit_lines.release):
            with pytest.raises(LimitHold.DoesNotExist):
                end(line, loan_serial="A")
        credit_lines.restore(line, Decimal("10"))
        assert figures(customer) == (100, 50, 0, 50)
        credit_lines.grant_more(customer, Decimal("20"))  # a limit is not cut by a smaller offer
        assert figures(customer) == (100, 50, 0, 50)


@pytest.mark.parametrize("change", [{"used": 101}, {"held": 101}, {"used": -1}, {"used": 60, "held": 41}])
def test_the_database_lets_nobody_overdraw_a_line(customer, change):
    with transaction.atomic():
        line = credit_lines.grant_more(customer, Decimal("100"))
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditLine.objects.filter(pk=line.pk).update(**change)


def test_the_promise_is_measured_from_confirmation(customer):
    loan = confirm(offered(customer, amount=SMALL))
    assert loan.time_to_money is None
    loan.received_at = loan.confirmed_at + dt.timedelta(minutes=3)
    assert loan.time_to_money == dt.timedelta(minutes=3)
