"""Every figure of a loan can be explained: the parts lead to the figure, and each booked step names its transfer."""

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.tests import factories as people
from core import clock
from core.money import round_money
from lending.explanation import explain
from lending.models import Loan
from lending.tests.factories import running_loan
from lending.tests.test_lives import close_until, go_to, pay
from payments.models import Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def test_the_parts_lead_to_every_figure(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"))
    go_to(loan.value_date + dt.timedelta(days=10))
    pay(loan, Decimal("3000"), strategy="lower")
    first = loan.instalments.first()
    loan = close_until(loan, first.due_date + dt.timedelta(days=4))
    lines = explain(loan, first.due_date + dt.timedelta(days=4))
    parts = [line for line in lines if line.reckoning.startswith(("10000.00 ×", "7000.00 ×"))]
    assert [(line.until - line.since).days for line in parts] == [10, (first.due_date - loan.value_date).days - 10]
    first.refresh_from_db()
    assert round_money(sum(line.amount for line in parts)) == first.interest == loan.interest_raised
    penalty = [line for line in lines if line.what == "penalty interest of instalment 1"]
    assert [round_money(line.amount) for line in penalty] == [loan.penalty_raised]
    booked = [line.transfer for line in lines if line.transfer]
    assert set(booked) == set(Transfer.objects.filter(reference=loan.serial).values_list("serial", flat=True))


def test_the_command_writes_it_and_knows_what_it_does_not_know(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"))
    close_until(loan, loan.instalments.first().due_date)
    out = StringIO()
    call_command("explain_loan", loan.serial, stdout=out)
    assert "interest of instalment 1" in out.getvalue()
    assert str(Loan.objects.get(pk=loan.pk).value_date) in out.getvalue()
    assert explain(loan, clock.today())
    with pytest.raises(CommandError, match="no loan"):
        call_command("explain_loan", "NOTHING")
