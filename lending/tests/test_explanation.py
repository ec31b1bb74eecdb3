"""Every figure of a loan can be explained: the parts lead to the figure, and each booked step names its transfer."""

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.tests import factories as people
from core import clock
from core.money import round_money
from lending import changes, repayments, standing
from lending.explanation import explain
from lending.models import Loan
from lending.tests.factories import officer, running_loan, tell
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


def principal_owed(loan, on, known_at=None):
    lines = {line.what: line.amount for line in explain(loan, on, known_at)}
    return lines["principal owed, due or not"]


def test_a_past_day_is_told_as_it_was_known_then_and_as_it_is_known_now(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"))
    first = loan.instalments.first()
    go_to(first.due_date)
    asked = repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=first.total)
    day = first.due_date + dt.timedelta(days=3)
    loan = close_until(loan, day)
    then = clock.real_now()
    late = standing.owed_on(loan, day).due
    tell(asked.order, "succeeded")  # it counts from its own day, and is told only now
    loan = Loan.objects.get(pk=loan.pk)
    assert principal_owed(loan, day, then) == Decimal("10000.00")
    assert principal_owed(loan, day) == Decimal("10000.00") - first.principal
    assert standing.fold_of(loan, day, known_at=then).due.total == late > first.total
    assert standing.fold_of(loan, day).due.total == 0
    before = first.due_date - dt.timedelta(days=1)
    assert principal_owed(loan, before) == principal_owed(loan, before, then) == Decimal("10000.00")
    assert explain(loan, day, then - dt.timedelta(days=1)) == []
    out = StringIO()
    options = {"as_of": day, "known_at": then}
    call_command("explain_loan", loan.serial, stdout=out, **options)
    assert "principal owed, due or not: ¥10,000.00" in out.getvalue()


@pytest.mark.parametrize(("days", "words"), [(-1, "paid out on a later day"), (1, "today or a past day")])
def test_a_day_that_cannot_be_told_of_is_refused(sandbox, days, words):
    loan = running_loan(people.verified_customer(), amount=Decimal("900"))
    day = loan.value_date + dt.timedelta(days=days)
    with pytest.raises(CommandError, match=words):
        call_command("explain_loan", loan.serial, "--as-of", day.isoformat())


def test_changes_explain_themselves(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"))
    loan = close_until(loan, loan.instalments.first().due_date + dt.timedelta(days=5))
    first, second = officer("first"), officer("second")
    for change in (
        lambda: changes.propose_waiver(officer=first, loan=loan, interest=Decimal("1"), penalty=Decimal("2"), why="x"),
        lambda: changes.propose_extension(officer=first, loan=loan, months=2, why="x"),
        lambda: changes.propose_lower_rate(
            officer=first, loan=loan, annual_rate=Decimal("0.08"), counts_from=clock.today(), why="x"
        ),
        lambda: changes.propose_write_off(officer=first, loan=loan, by_decision=True, why="x"),
    ):
        changes.make(officer=second, change=change(), why="y")
    lines = {line.what: line for line in explain(loan, clock.today())}
    assert "waived: interest 1.00, penalty interest 2.00" in lines["waived"].reckoning
    assert "months longer: 2" in lines["term extended"].reckoning
    assert "new annual rate: 0.08" in lines["rate lowered"].reckoning
    assert "written off: principal 10000.00" in lines["written off"].reckoning
    assert lines["written off"].transfer
    assert lines["still claimed after the write-off"].amount == Loan.objects.get(pk=loan.pk).claim


def test_the_loans_page_leads_to_a_past_day(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("900"))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer("first"), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:lending_loan_change", args=[loan.pk])).content.decode()
    assert "/at-a-day" in page
    link = reverse("admin:lending_loan_as_of", args=[loan.pk])
    assert "what settles the loan" in client.get(link, {"as_of": clock.today().isoformat()}).content.decode()
    assert "paid out on a later day" in client.get(link, {"as_of": "2020-01-01"}).content.decode()
    known = {"as_of": clock.today().isoformat(), "known_at": "2020-01-01T10:00"}
    assert "what settles the loan" not in client.get(link, known).content.decode()
