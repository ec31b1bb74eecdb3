"""Reports: each loan is counted once, the allowance follows the rates in force, the CSV holds what the page shows."""

import csv
import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client
from django.utils import translation

from accounts import staff
from accounts.roles import Role
from accounts.tests import factories as people
from core import clock
from core.money import ZERO
from lending import reference_data, repayments, reports, standing
from lending.models import AllowanceRate, Loan
from lending.tests.factories import running_loan, tell
from lending.tests.test_lives import close_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_loans(sandbox):
    late = running_loan(people.verified_customer(), amount=Decimal("9000"))
    close_until(late, late.instalments.first().due_date + dt.timedelta(days=45))
    return late, running_loan(people.verified_customer(), amount=Decimal("1000"))


def test_rolls_say_where_the_principal_of_each_bucket_went(sandbox):
    late, paid = (running_loan(people.verified_customer(), amount=Decimal("6000")) for _ in range(2))
    first = late.instalments.first().due_date
    assert reports.roll_rates(clock.today()).rows[0][1] == ZERO
    ends = [month_end(first), month_end(month_end(first) + dt.timedelta(days=1))]
    close_until(late, ends[0])
    tell(
        repayments.ask(customer=paid.customer, loan_serial=paid.serial, amount=payoff(paid), strategy="").order,
        "succeeded",
    )
    close_until(late, ends[1])
    rows = {row[0]: row[1:] for row in reports.roll_rates(ends[1]).rows}
    assert rows["M1"] == [Decimal("12000.00"), ZERO, ZERO, Decimal("0.5"), *[ZERO] * 5, Decimal("0.5")]
    with translation.override("en"):
        classes = {row[0]: row[1] for row in reports.five_classes(ends[1]).rows}
    assert classes == {"pass": 0, "special mention": 1, "substandard": 0, "doubtful": 0, "loss": 0}


def payoff(loan):
    return standing.owed_on(Loan.objects.get(pk=loan.pk), clock.today()).payoff


def month_end(day):
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def test_every_loan_is_counted_once(two_loans):
    late, new = two_loans
    today = clock.today()
    rows = {row[0]: row[1:] for row in reports.days_past_due(today).rows}
    assert (rows["M0"], rows["M2"]) == ([1, new.principal, Decimal("0.1")], [1, late.principal, Decimal("0.9")])
    assert sum(row[0] for row in rows.values()) == 2
    assert list(rows) == ["M0", "M1", "M2", "M3", "M4", "M5", "M6", "M6+"]
    months = reports.vintages(today).rows
    assert sum(row[1] for row in months) == 2
    assert months[0][2:] == [Decimal("9000.00"), Decimal("9000.00"), Decimal("9000.00"), Decimal("1.0000")]


def test_the_allowance_follows_the_rates_in_force(two_loans):
    reference_data.load()
    rows = reports.expected_loss(clock.today()).rows
    assert [row[1] for row in rows] == [1, 1, 0]
    for row, rate in zip(rows, reports.rates_in_force(clock.today()), strict=True):
        assert row[4] == round(row[2] * rate.rate, 2)
    before = rows[1][4]
    tomorrow = clock.today() + dt.timedelta(days=1)
    AllowanceRate.objects.create(stage=2, above_dpd=30, rate=Decimal("0.5"), effective_from=tomorrow)
    assert reports.expected_loss(clock.today()).rows[1][4] == before
    assert reports.expected_loss(tomorrow).rows[1][4] == Loan.objects.get(dpd__gt=30).outstanding_principal / 2


def test_officers_read_them_and_take_the_files(two_loans):
    officer = staff.hire(username="ledger", password="A-long-word-1!", role=Role.FINANCE_OFFICER)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(officer)
    page = browser.get("/admin/lending/loan/reports/").content.decode()
    assert "Expected loss and allowance" in page
    text = browser.get("/admin/lending/loan/reports/trial-balance.csv").content.decode("utf-8-sig")
    head, *rows = list(csv.reader(StringIO(text)))
    assert head == ["account", "debits", "credits"]
    assert rows[-1][1] == rows[-1][2] != str(ZERO)
    assert browser.get("/admin/lending/loan/reports/nothing.csv").status_code == 404
    assert Client().get("/admin/lending/loan/reports/").status_code == 302
