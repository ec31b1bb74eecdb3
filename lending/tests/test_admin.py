"""Lending in the admin: every page opens for each role, shows nobody in clear, and changes nothing."""

import datetime as dt

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import roles, staff
from accounts.models import BankCard
from accounts.roles import Role
from core import clock
from lending import changes, partner_settlements, repayments
from lending.day_files import sending
from lending.models import Loan, LoanApplication, Repayment
from lending.reference_data import PARTNER_BANK
from lending.tests.factories import officer, paid_out_loan
from lending.tests.test_day_files_lives import write_all
from lending.tests.test_lives import close_until
from payments.ledger import entries_for
from payments.tests.driving import finish
from risk.models import Decision

pytestmark = pytest.mark.django_db
MODELS = [model for model in admin.site._registry if model._meta.app_label == "lending"]


@pytest.fixture
def loan(sandbox) -> Loan:
    return paid_out_loan()


@pytest.fixture
def repaid(loan) -> Loan:
    """The first instalment is due today and paid; an extension waits for a second person."""
    due = loan.instalments.first()
    clock.move_to(clock.start_of_day(due.due_date) + dt.timedelta(hours=10), by="test")
    repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=due.total)
    finish()
    changes.propose_extension(officer=officer("first"), loan=loan, months=1, why="a hard time")
    return Loan.objects.get(pk=loan.pk)


@pytest.fixture
def everything(repaid, fault) -> Loan:
    """A row of every kind: the day is closed, settled with the partner, told to it, and the partner rejects a line."""
    date = clock.today()
    close_until(repaid, date)
    partner_settlements.settle(f"{date}/{PARTNER_BANK}")
    *_earlier, made = write_all()
    fault("day_files", "refuse", count=1)
    sending.send(made.serial)
    sending.fetch_answer(made.serial)
    return repaid


def reader(role: Role) -> Client:
    roles.load()
    user = staff.hire(username=role.name.lower(), password="correct horse battery", role=role)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(model, name, *args):
    return reverse(f"admin:lending_{model._meta.model_name}_{name}", args=args)


def page(client, model, name, *args):
    response = client.get(address(model, name, *args))
    assert response.status_code == 200
    return response.content.decode()


def test_every_page_opens_for_each_role_and_shows_nobody_in_clear(everything):
    customer = everything.customer
    secrets = [customer.name, customer.id_number, customer.mobile, BankCard.objects.get(customer=customer).number]
    rows = {model: model.objects.first() for model in MODELS}
    assert [model for model, row in rows.items() if row is None] == []
    for role in Role:
        client = reader(role)
        for model, row in rows.items():
            seen = page(client, model, "changelist") + page(client, model, "change", row.pk)
            assert [secret for secret in secrets if secret in seen] == [], (role, model)


def test_the_page_of_a_loan_tells_all_of_it(repaid):
    seen = page(reader(Role.FINANCE_OFFICER), Loan, "change", repaid.pk)
    assert "Demo Bank" in seen and "70.00%" in seen
    assert repaid.contract.contract_no in seen and "intact" in seen
    assert Repayment.objects.get().serial in seen
    assert all(entry.transfer.serial in seen for entry in entries_for(repaid.serial))
    assert all(event.get_kind_display() in seen for event in repaid.events.all())
    assert f"paid out by order {repaid.payout_order}" in seen
    assert str(dt.timedelta(seconds=round(repaid.time_to_money.total_seconds()))) in seen


def test_entries_are_for_those_who_may_see_the_ledger(loan):
    assert "Ledger entries" not in page(reader(Role.RISK_OFFICER), Loan, "change", loan.pk)


def test_an_application_leads_those_who_may_to_its_decision(loan):
    decision = Decision.objects.get(reference=loan.application.serial)
    to_decision = reverse("admin:risk_decision_change", args=[decision.pk])
    assert to_decision in page(reader(Role.RISK_OFFICER), LoanApplication, "change", loan.application_id)
    shown = page(reader(Role.FINANCE_OFFICER), LoanApplication, "change", loan.application_id)
    assert decision.serial in shown
    assert to_decision not in shown


def test_nobody_changes_adds_or_deletes_anything(everything):
    client = reader(Role.ADMINISTRATOR)
    for model in MODELS:
        row = model.objects.first()
        assert client.get(address(model, "add")).status_code == 403
        assert client.post(address(model, "change", row.pk), {"status": "cleared"}).status_code == 403
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert Loan.objects.get().status == "active"


def test_lists_ask_the_database_no_more_often_for_more_rows(loan):
    client = reader(Role.FINANCE_OFFICER)
    page(client, Loan, "changelist")
    before = {model: queries_of(client, model) for model in MODELS}
    paid_out_loan()
    assert {model: queries_of(client, model) for model in MODELS} == before


def queries_of(client, model):
    with CaptureQueriesContext(connection) as asked:
        page(client, model, "changelist")
    return len(asked)
