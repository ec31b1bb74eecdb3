"""Each repayment method from the quote to the last payment: what was quoted is booked, raised and repaid to the fen."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from accounts.tests import factories as people
from core import clock
from core.money import ZERO
from core.problems import Problem
from lending import applications, contracts, quotes, repayments, standing
from lending.models import CreditLine, Loan
from lending.portal_forms import ApplyForm
from lending.tests.factories import apply, offered, published, received, running_loan, tell
from lending.tests.test_lives import assert_books_agree, close_until, on_the_books, owed_in_all, pay

pytestmark = pytest.mark.django_db
METHODS = ["equal_instalment", "equal_principal", "interest_only", "bullet", "any_day"]
PRINCIPAL, RATE = Decimal("10000"), Decimal("0.1224")
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


@pytest.fixture
def product(db):
    """All methods, terms up to a year."""
    return published(methods=METHODS, terms_months=[3, 12])


def figures(loan):
    return list(loan.instalments.values_list("due_date", "principal", "interest", "balance"))


def interest(balance, start, due):
    return round(balance * RATE * (due - start).days / 365, 2)


@pytest.mark.parametrize("partner", [False, True], ids=["alone", "joint"])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_quoted_is_frozen_booked_raised_and_repaid(customer, product, method, partner):
    application = offered(customer, amount=PRINCIPAL, term_months=3, method=method)
    quote = quotes.for_application(application, value_date=clock.today())
    loan = received(application, partner=partner)
    assert loan.frozen_terms["method"] == method
    assert figures(loan) == [(row.due, row.principal, row.interest, row.balance) for row in quote.schedule.rows]
    for row in loan.instalments.all():
        loan = close_until(loan, row.due_date - ONE_DAY)
        due = standing.owed_on(loan, row.due_date).due
        assert due == row.total
        pay(loan, due)
        assert_books_agree(loan)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, owed_in_all(loan), loan.penalty_raised) == ("cleared", ZERO, ZERO)
    assert loan.interest_paid == quote.schedule.total_interest
    assert set(on_the_books(loan, "loan_principal").values()) == {ZERO}
    assert CreditLine.objects.get(customer=customer).used == ZERO


def test_equal_principal_pays_a_third_each_and_the_last_takes_the_fen(customer, product):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=3, method="equal_principal")
    rows, third = list(loan.instalments.all()), Decimal("3333.33")
    assert [row.principal for row in rows] == [third, third, Decimal("3333.34")]
    balances = [PRINCIPAL, PRINCIPAL - third, PRINCIPAL - 2 * third]
    assert [row.interest for row in rows] == [
        interest(balance, row.start, row.due_date) for balance, row in zip(balances, rows, strict=True)
    ]
    assert rows[-1].balance == ZERO


def test_interest_only_pays_interest_each_month_and_the_principal_with_the_last(customer, product):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=12, method="interest_only")
    rows = list(loan.instalments.all())
    assert [row.principal for row in rows] == [ZERO] * 11 + [PRINCIPAL]
    assert [row.interest for row in rows] == [interest(PRINCIPAL, row.start, row.due_date) for row in rows]
    assert [row.balance for row in rows] == [PRINCIPAL] * 11 + [ZERO]


def test_a_bullet_is_one_payment_of_principal_and_all_the_days(customer, product):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=12, method="bullet")
    row = loan.instalments.get()
    assert (row.start, row.due_date) == (loan.value_date, loan.maturity_date)
    assert row.due_date == loan.value_date.replace(year=loan.value_date.year + 1)
    assert (row.principal, row.interest) == (PRINCIPAL, interest(PRINCIPAL, loan.value_date, row.due_date))
    loan = close_until(loan, loan.value_date + dt.timedelta(days=40))
    assert (loan.status, loan.dpd, loan.interest_raised) == ("active", 0, ZERO)


@pytest.mark.parametrize("method", METHODS)
def test_a_late_payment_costs_penalty_under_every_method(customer, product, method):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=3, method=method)
    last = loan.instalments.last()
    for row in loan.instalments.exclude(pk=last.pk):
        loan = close_until(loan, row.due_date - ONE_DAY)
        pay(loan, row.total)
    loan = close_until(loan, last.due_date + 5 * ONE_DAY)
    last.refresh_from_db()
    assert (loan.status, loan.dpd) == ("overdue", 5)
    assert last.penalty == round(last.principal * RATE * Decimal("1.5") / 365 * 5, 2)
    pay(loan, standing.owed_on(loan, clock.today()).payoff)
    assert_books_agree(loan)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"


@pytest.mark.parametrize("method", METHODS)
def test_it_can_be_paid_off_on_any_day_for_the_days_used(customer, product, method):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=3, method=method)
    loan = close_until(loan, loan.value_date + 9 * ONE_DAY)
    used = interest(PRINCIPAL, loan.value_date, loan.value_date + 10 * ONE_DAY)
    assert standing.owed_on(loan, clock.today()).payoff == PRINCIPAL + used
    pay(loan, PRINCIPAL + used)
    assert_books_agree(loan)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"


@pytest.mark.parametrize("method", ["interest_only", "bullet"])
def test_part_of_it_can_be_prepaid(customer, product, method):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=3, method=method)
    loan = close_until(loan, loan.value_date + 9 * ONE_DAY)
    pay(loan, Decimal("4000.00"), strategy="lower")
    assert_books_agree(loan)
    loan = Loan.objects.get(pk=loan.pk)
    assert loan.outstanding_principal == Decimal("6000.00")
    assert loan.instalments.last().balance == ZERO


def test_any_day_pays_the_days_used_first_then_principal(customer, product):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=12, method="any_day", partner=True)
    assert figures(loan) == [
        (loan.maturity_date, PRINCIPAL, interest(PRINCIPAL, loan.value_date, loan.maturity_date), ZERO)
    ]
    first = loan.value_date + 10 * ONE_DAY
    close_until(loan, first - ONE_DAY)
    preview = repayments.preview(loan=loan, amount=Decimal("4000"), strategy="")
    pay(loan, Decimal("4000"))
    used = interest(PRINCIPAL, loan.value_date, first)
    left = PRINCIPAL - (Decimal("4000") - used)
    rest = (loan.maturity_date, left, interest(left, first, loan.maturity_date), ZERO)
    assert figures(loan) == [(first, PRINCIPAL - left, used, left), rest]
    assert [(row.due, row.principal, row.interest, row.balance) for row in preview.after] == [rest]
    assert_books_agree(loan)
    second = first + 20 * ONE_DAY
    loan = close_until(loan, second - ONE_DAY)
    assert (loan.status, loan.dpd, loan.outstanding_principal) == ("active", 0, left)
    pay(loan, left + interest(left, first, second))
    assert_books_agree(loan)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.interest_paid) == ("cleared", used + interest(left, first, second))


def test_any_day_a_payment_that_comes_back_never_was(customer, product):
    loan = running_loan(customer, amount=PRINCIPAL, term_months=3, method="any_day", partner=True)
    before = figures(loan)
    close_until(loan, loan.value_date + 9 * ONE_DAY)
    paid = pay(loan, Decimal("4000"))
    close_until(loan, loan.value_date + 14 * ONE_DAY)
    pay(loan, Decimal("0.01"))  # less than the interest run up: it pays principal, and nothing falls due
    tell(paid.order, "returned", reason="BOUNCED")
    assert_books_agree(loan)
    loan = close_until(loan, loan.maturity_date)
    [row] = loan.instalments.all()
    assert (row.due_date, row.principal, loan.interest_raised) == (before[0][0], PRINCIPAL, row.interest)
    assert before[0][2] - row.interest < Decimal("0.02")


@pytest.mark.parametrize(("days", "pays"), [(90, "penalty"), (91, "principal"), (95, "principal")])
def test_each_overdue_bucket_may_be_paid_in_an_order_of_its_own(customer, product, days, pays):
    principal_first = ["principal", "interest", "penalty", "fee"]
    published(methods=METHODS, late_orders={"M4": principal_first}, code="late")
    loan = running_loan(customer, amount=PRINCIPAL, product_code="late")
    first = loan.instalments.first()
    loan = close_until(loan, first.due_date + (days - 1) * ONE_DAY)
    pay(loan, Decimal("1.00"))
    assert_books_agree(loan)
    first.refresh_from_db()
    paid = {"principal": first.paid_principal, "interest": first.paid_interest, "penalty": first.paid_penalty}
    assert paid == {**dict.fromkeys(paid, ZERO), pays: Decimal("1.00")}


WORDS = {
    "equal_instalment": "monthly instalments of equal total",
    "equal_principal": "monthly instalments of equal principal",
    "interest_only": "the whole principal with the last one",
    "bullet": "principal and interest together, once, at the end",
    "any_day": "on any day the borrower chooses",
}


@pytest.mark.parametrize("method", METHODS)
def test_the_contract_says_how_it_is_repaid(customer, product, method):
    application = offered(customer, amount=PRINCIPAL, term_months=3, method=method)
    with translation.override("en"):
        text = contracts.preview(application, value_date=clock.today())
    assert [key for key, words in WORDS.items() if words in text] == [method]


def test_the_customer_chooses_among_the_methods_of_the_product(sandbox, applicant, product):
    application = apply(applicant, term_months=3, method="interest_only")
    assert application.method == "interest_only"


def test_without_a_choice_it_is_the_products_usual_one(sandbox, applicant, product):
    assert apply(applicant).method == "equal_instalment"


def test_a_method_that_the_product_does_not_offer_is_refused(sandbox, applicant):
    with pytest.raises(Problem) as refused:
        apply(applicant, method="bullet")
    assert (refused.value.code, refused.value.field) == ("method_not_offered", "method")
    assert applications.open_of(applicant) is None


def test_the_form_offers_the_methods_of_the_product(product):
    form = ApplyForm(product=product)
    assert [value for value, _label in form.fields["method"].choices] == METHODS


def test_the_api_names_the_methods_of_each_product(product):
    found = Client().get("/api/v1/products/").json()
    listed = found["results"] if isinstance(found, dict) else found
    assert [(item["version"], item["methods"]) for item in listed] == [(product.version, METHODS)]


@pytest.mark.parametrize(
    ("days", "interest", "words"),
    [(7, True, "owes only the interest of the days used"), (7, False, "not even interest"), (0, True, "")],
)
def test_the_contract_says_how_the_loan_can_be_given_back(customer, product, days, interest, words):
    published(cooling_off_days=days, cooling_off_interest=interest, code="cooling")
    application = offered(customer, amount=PRINCIPAL, term_months=3, product_code="cooling")
    with translation.override("en"):
        text = contracts.preview(application, value_date=clock.today())
    assert ("give the whole loan back" in text) == bool(days)
    assert words in text


def test_the_contract_says_how_days_are_counted(customer, product):
    other = published(conventions={**product.conventions, "day_count": "actual/360"}, code="days-of-360")
    assert other.status == "published"
    application = offered(customer, amount=PRINCIPAL, term_months=3, product_code="days-of-360")
    with translation.override("en"):
        assert "by real days over 360)" in contracts.preview(application, value_date=clock.today())
