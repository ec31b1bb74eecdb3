"""Automatic deduction: on the due date, by agreement, not too often, never beside the customer's own payment."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils.translation import override

from accounts import consents
from accounts.models import Purpose
from accounts.tests import factories as people
from core import clock
from core.models import Work
from lending import day_close, deductions, repayments
from lending.models import ClosedDay, Loan, Repayment
from lending.tests.factories import running_loan, tell

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def loan(sandbox):
    """A running loan whose customer agreed to everything, deduction included."""
    return running_loan(people.verified_customer(), amount=Decimal("5000"))


def first_due(loan):
    return loan.instalments.first().due_date


def morning_of(date, hour=9):
    """Go to an hour of business `date`, the days before it closed, and do what is then due. Returns new deductions."""
    before = set(Repayment.objects.values_list("pk", flat=True))
    moment = clock.start_of_day(date) + dt.timedelta(hours=hour)
    if moment > clock.now():
        clock.move_to(moment, by="test")
    for day in Loan.objects.values_list("last_closed_date", flat=True).order_by("last_closed_date")[:1]:
        for number in range((date - day).days - 1):
            day_close.close_day((day + (number + 1) * ONE_DAY).isoformat())
    if not ClosedDay.objects.filter(business_date=date - ONE_DAY).exists():
        day_close.close_day((date - ONE_DAY).isoformat())
    deductions.start_what_is_due()
    for kind, handler in ((deductions.PLAN, deductions.plan), (deductions.DEDUCT, deductions.deduct)):
        for work in Work.objects.filter(kind=kind, state=Work.State.WAITING):
            handler(work.key)
            Work.objects.filter(pk=work.pk).update(state=Work.State.DONE)
    return list(Repayment.objects.exclude(pk__in=before))


def test_what_is_due_is_deducted_on_its_date(loan):
    due = first_due(loan)
    assert morning_of(due - ONE_DAY) == []
    [deduction] = morning_of(due)
    assert (deduction.kind, deduction.amount) == ("deduction", loan.instalments.first().total)
    tell(deduction.order, "succeeded")
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.instalments.first().unpaid().total, loan.status) == (0, "active")
    assert morning_of(due + ONE_DAY) == []


def test_before_the_morning_nothing_is_planned(loan):
    due = first_due(loan)
    assert morning_of(due, hour=8) == []
    assert len(morning_of(due, hour=9)) == 1


def test_planning_and_deducting_twice_is_harmless(loan):
    due = first_due(loan)
    [deduction] = morning_of(due)
    deductions.plan(due.isoformat())
    deductions.deduct(f"{loan.serial}/{due}")
    tell(deduction.order, "failed", reason="CARD_BALANCE_NOT_ENOUGH")
    deductions.deduct(f"{loan.serial}/{due}")
    assert Repayment.objects.count() == 1


def test_a_card_that_does_not_pay_is_tried_on_the_first_third_and_seventh_day_after(loan):
    due, tried = first_due(loan), []
    for days in range(12):
        for deduction in morning_of(due + days * ONE_DAY):
            tried.append(days)
            tell(deduction.order, "failed", reason="CARD_BALANCE_NOT_ENOUGH")
    assert tried == [0, 1, 3, 7]


def test_a_late_deduction_takes_the_penalty_too(loan):
    due = first_due(loan)
    [deduction] = morning_of(due)
    tell(deduction.order, "failed", reason="CARD_BALANCE_NOT_ENOUGH")
    [again] = morning_of(due + ONE_DAY)
    assert again.amount > deduction.amount
    tell(again.order, "succeeded")
    assert Loan.objects.get(pk=loan.pk).dpd == 0


def test_nothing_is_deducted_without_the_agreement_or_once_it_is_withdrawn(loan):
    assert deductions.next_for(loan) == first_due(loan)
    [given] = consents.active(loan.customer).filter(text__purpose=Purpose.DEDUCTION)
    consents.withdraw(customer=loan.customer, consent_id=given.pk, origin=people.HOME)
    assert deductions.next_for(loan) is None
    assert morning_of(first_due(loan)) == []
    deductions.deduct(f"{loan.serial}/{first_due(loan)}")
    assert not Repayment.objects.exists()


def test_the_customers_own_payment_goes_first(loan):
    due = first_due(loan)
    morning_of(due - ONE_DAY)
    clock.move_to(clock.start_of_day(due) + dt.timedelta(hours=8), by="test")
    own = repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=Decimal("100.00"))
    assert morning_of(due) == []
    tell(own.order, "succeeded")
    [rest] = morning_of(due + ONE_DAY)
    assert rest.amount > loan.instalments.first().total - 100


def test_a_date_that_is_over_is_not_made_up_for_at_night(loan):
    due = first_due(loan)
    morning_of(due - ONE_DAY)
    clock.move_to(clock.start_of_day(due + ONE_DAY) + dt.timedelta(hours=1), by="test")
    deductions.deduct(f"{loan.serial}/{due}")
    assert not Repayment.objects.exists()


def test_the_customer_sees_on_the_loans_page_when_it_will_be_deducted(loan, client):
    client.force_login(loan.customer.user, backend="django.contrib.auth.backends.ModelBackend")
    with override("en"):
        page = client.get(f"/loans/{loan.serial}/", headers={"accept-language": "en"}).content.decode()
    assert f"deducted from your card on {first_due(loan)}" in page
