"""The pages about borrowing, over the test client: whose they are, in what order, what they say."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.translation import override

from accounts.tests import factories
from core import clock, work
from lending import applications, confirmations, products
from lending.models import Loan, LoanApplication
from lending.portal import CLAUSE, example_of, paragraphs
from lending.tests.factories import running_loan
from risk.facts import Declared
from risk.reasons import for_customer

pytestmark = pytest.mark.django_db
DECLARED: dict[str, Any] = {
    "employment": "fixed",
    "employment_years": 6,
    "housing": "rent",
    "monthly_income": Decimal("12000"),
    "monthly_expenses": Decimal("3000"),
    "monthly_debt": Decimal("0"),
}


@pytest.fixture
def customer(sandbox):
    """A verified customer whose papers are in."""
    customer = factories.verified_customer()
    factories.id_card_of(customer)
    factories.income_proof_of(customer)
    work.drain()
    return customer


@pytest.fixture
def offered(customer) -> LoanApplication:
    """An application with an offer."""
    application = applications.submit(
        customer=customer,
        product_code="consumer",
        amount=Decimal("10000"),
        term_months=12,
        purpose="appliances",
        declared=Declared(**DECLARED),
    )
    work.drain()
    application.refresh_from_db()
    assert application.status == "approved"
    return application


def browser_of(customer) -> Client:
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_whoever_is_not_ready_is_sent_to_the_step_that_is_missing(sandbox):
    browser = browser_of(factories.registered_customer())
    assert browser.get("/apply/")["Location"] == "/consents/"
    browser = browser_of(factories.consenting_customer())
    assert browser.get("/apply/")["Location"] == "/identity/"
    browser = browser_of(factories.verified_customer())
    assert browser.get("/apply/")["Location"] == "/documents/"


def test_a_second_application_is_refused_while_one_is_open(offered):
    form = {**DECLARED, "amount": "500", "term_months": "6", "purpose": "travel"}
    response = browser_of(offered.customer).post("/apply/", form)
    assert response.status_code == 422
    assert "You have an application open already" in response.content.decode()
    assert LoanApplication.objects.count() == 1


@pytest.mark.parametrize("page", ["", "costs/", "contract/", "state/"])
def test_another_customers_application_does_not_exist(offered, sandbox, page):
    stranger = browser_of(factories.verified_customer())
    assert stranger.get(f"/applications/{offered.serial}/{page}").status_code == 404
    assert stranger.post(f"/applications/{offered.serial}/contract/", {"agreed": "on"}).status_code == 404
    assert Loan.objects.count() == 0


def test_the_costs_come_before_the_contract(offered):
    browser = browser_of(offered.customer)
    response = browser.get(f"/applications/{offered.serial}/contract/")
    assert response["Location"] == f"/applications/{offered.serial}/costs/"


def test_the_annual_rate_is_the_first_figure_of_offer_and_costs(offered):
    browser = browser_of(offered.customer)
    for page in ("", "costs/"):
        text = browser.get(f"/applications/{offered.serial}/{page}").content.decode()
        main = text[text.index("<main") :]
        assert "IRR" in main
        assert main.index('class="rate"') < main.index("¥10,000.00")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "A program decided. What spoke against a larger amount"), ("zh-hans", "由程序决定")],
)
def test_an_offer_tells_how_it_was_decided(offered, language, words):
    page = browser_of(offered.customer).get(f"/applications/{offered.serial}/", headers={"accept-language": language})
    shown = page.content.decode()
    assert words in shown
    with override(language):
        reasons = for_customer(applications.decision_on(offered).reasons)
    assert reasons and all(reason in shown for reason in reasons)


def test_nobody_confirms_unread(offered):
    browser = browser_of(offered.customer)
    browser.get(f"/applications/{offered.serial}/costs/")
    response = browser.post(f"/applications/{offered.serial}/contract/", {"agreed": "on"})
    assert response.status_code == 422
    assert "Read the costs first" in response.content.decode()
    assert Loan.objects.count() == 0


def test_confirming_again_leads_to_the_same_loan(offered):
    browser = browser_of(offered.customer)
    browser.get(f"/applications/{offered.serial}/costs/")
    long_ago = clock.real_now() - dt.timedelta(minutes=1)
    LoanApplication.objects.filter(pk=offered.pk).update(opened_at=long_ago)
    page = f"/applications/{offered.serial}/contract/"
    first = browser.post(page, {"agreed": "on"})
    again = browser.post(page, {"agreed": "on"})
    loan = Loan.objects.get()
    assert first["Location"] == again["Location"] == f"/loans/{loan.serial}/"
    stranger = browser_of(factories.verified_customer())
    for path in ("", "state/", "contract/", "repay/"):
        assert stranger.get(f"/loans/{loan.serial}/{path}").status_code == 404


def test_the_accepted_contract_is_shown_masked_and_sealed(offered):
    confirmations.open_offer(customer=offered.customer, serial=offered.serial)
    long_ago = clock.real_now() - dt.timedelta(minutes=1)
    LoanApplication.objects.filter(pk=offered.pk).update(opened_at=long_ago)
    loan = confirmations.confirm(customer=offered.customer, serial=offered.serial, channel="portal")
    text = browser_of(offered.customer).get(f"/loans/{loan.serial}/contract/").content.decode()
    assert offered.customer.id_number not in text and offered.customer.name not in text
    assert loan.contract.sha256 in text
    assert "unchanged since you accepted it" in text


def test_an_expired_offer_says_so(offered):
    LoanApplication.objects.filter(pk=offered.pk).update(offer_expires_at=clock.now())
    response = browser_of(offered.customer).get(f"/applications/{offered.serial}/costs/")
    assert response.status_code == 409
    assert "This offer has expired" in response.content.decode()


def test_the_example_is_what_would_be_booked(db):
    example = example_of(products.find("consumer", on=clock.today()))
    assert Decimal(0) < example.least < example.most < example.principal * Decimal("0.24")


def test_clauses_are_told_from_the_schedule():
    lines = paragraphs("1. Principal: 10 yuan\n\n1. 2026-12-23  principal 8.00\nKey clauses")
    assert lines == [("1. Principal: 10 yuan", True), ("1. 2026-12-23  principal 8.00", False), ("Key clauses", False)]
    assert CLAUSE.match("12. Use") is not None


def test_paying_early_is_shown_before_it_is_done(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    browser, page = browser_of(customer), f"/loans/{loan.serial}/repay/"
    assert "To settle the loan today" in browser.get(page).content.decode()
    key = {"request_key": str(uuid4())}
    shown = browser.post(page, {**key, "amount": "3000", "strategy": "shorten", "look": "1"})
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "of interest" in text and "Still to come, after this payment" in text
    assert not loan.repayments.exists()
    too_much = browser.post(page, {**key, "amount": "10000.01", "strategy": "lower"})
    assert too_much.status_code == 422
    assert "more than settles the loan today" in too_much.content.decode()
    for _ in range(2):  # sent twice, asked once
        assert browser.post(page, {**key, "amount": "3000", "strategy": "shorten"}).status_code == 302
    assert [(item.amount, item.strategy) for item in loan.repayments.all()] == [(Decimal("3000.00"), "shorten")]
