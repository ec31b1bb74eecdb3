"""The customer's pages about borrowing: apply, decision, offer, costs, contract, loan, repayment. Thin."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import onboarding
from accounts.models import Customer
from accounts.origin import Channel
from accounts.pages import customer_page
from core import clock
from core.problems import Problem
from lending import (
    applications,
    confirmations,
    contracts,
    cooling_off,
    deductions,
    frozen_terms,
    loans,
    products,
    quotes,
    repayments,
    standing,
)
from lending.models import Loan, LoanApplication, Product, Repayment
from lending.portal_forms import ApplyForm, ContractForm, RepayForm
from lending.schedule import make_schedule
from risk.facts import Declared, Whereabouts
from risk.reasons import for_customer

PRODUCT = "consumer"
EXAMPLE_AMOUNT, EXAMPLE_MONTHS = Decimal("10000.00"), 12
DECLARED = ["employment", "employment_years", "housing", "monthly_income", "monthly_expenses", "monthly_debt"]
Status = LoanApplication.Status
# A clause of the contract, as against a row of its schedule, which begins with a date.
CLAUSE = re.compile(r"\d+\. (?!\d{4}-)")


def product_on_offer() -> Product:
    """The product that the portal offers today."""
    return products.find(PRODUCT, on=clock.today())


@dataclass(frozen=True)
class Example:
    """What `principal` yuan over `months` costs in interest (yuan) at the product's lowest and highest rate."""

    principal: Decimal
    months: int
    least: Decimal
    most: Decimal


def example_of(product: Product) -> Example:
    """The example that stands beside the product, by the function that books."""
    frozen, today = frozen_terms.freeze(product, product.methods[0]), clock.today()

    def interest_at(rate: Decimal) -> Decimal:
        terms = frozen_terms.terms(
            frozen, principal=EXAMPLE_AMOUNT, annual_rate=rate, term_months=EXAMPLE_MONTHS, value_date=today
        )
        return make_schedule(terms).total_interest

    return Example(EXAMPLE_AMOUNT, EXAMPLE_MONTHS, interest_at(product.minimum_rate), interest_at(product.maximum_rate))


@customer_page
def apply(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The application form; whoever is not ready for it is sent to the first step not yet done."""
    step = onboarding.next_step(customer)
    if step:
        return redirect(step)
    product = product_on_offer()
    form = ApplyForm(request.POST or None, product=product)
    if request.method == "POST" and form.is_valid():
        try:
            application = _submit(customer, product, form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
        else:
            return redirect("application", application.serial)
    return _form_page(request, "lending/apply.html", form, {"product": product})


def _submit(customer: Customer, product: Product, given: dict[str, Any]) -> LoanApplication:
    return applications.submit(
        customer=customer,
        product_code=product.code,
        amount=given["amount"],
        term_months=given["term_months"],
        purpose=given["purpose"],
        method=given["method"],
        declared=Declared(**{name: given[name] for name in DECLARED}),
        whereabouts=Whereabouts(given["home_address"], given["employer"], given["contact_mobile"]),
    )


@require_safe
@customer_page
def application(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """How an application stands; one that became a loan is shown as the loan."""
    found = applications.find(customer, serial)
    if found.status == Status.CONFIRMED:
        return redirect("loan", found.loan.serial)
    return render(request, "lending/application.html", _standing(found))


@require_safe
@customer_page
def application_state(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The part of the page above that moves."""
    return render(request, "lending/application_state.html", _standing(applications.find(customer, serial)))


def _standing(found: LoanApplication) -> dict[str, Any]:
    context: dict[str, Any] = {"application": found, "moving": found.status == Status.SUBMITTED}
    if found.status == Status.APPROVED:
        decision = applications.decision_on(found)
        context.update(_offer(found), reasons=for_customer(decision.reasons), by_machine=decision.by_machine)
    if found.status == Status.DECLINED:
        context["reasons"] = for_customer(found.reasons)
        context["may_ask_for_person"] = applications.may_ask_for_person(found)
    return context


@require_POST
@customer_page
def ask_for_person(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The customer asks for a person to decide, after the machine declined."""
    try:
        applications.ask_for_person(customer=customer, serial=serial)
    except Problem as problem:
        flash.error(request, str(problem.message))
    return redirect("application", serial)


def _offer(found: LoanApplication) -> dict[str, Any]:
    quote = quotes.for_application(found, value_date=clock.today())
    return {"application": found, "quote": quote, "first": quote.schedule.rows[0]}


@require_safe
@customer_page
def cost_sheet(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The cost disclosure sheet. Showing it starts the forced reading time."""
    found = confirmations.open_offer(customer=customer, serial=serial)
    context = {**_offer(found), "reading_seconds": confirmations.seconds_to_read(found)}
    return render(request, "lending/cost_sheet.html", context)


@customer_page
def contract(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The contract to be confirmed. Comes only after the costs."""
    found = applications.find(customer, serial)
    if found.status == Status.CONFIRMED:
        return redirect("loan", found.loan.serial)
    if found.opened_at is None:
        return redirect("cost-sheet", serial)
    form = ContractForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            loan = confirmations.confirm(customer=customer, serial=serial, channel=Channel.PORTAL)
        except Problem as problem:
            form.refuse(problem)
        else:
            return redirect("loan", loan.serial)
    text = contracts.preview(found, value_date=clock.today())
    return _form_page(request, "lending/contract.html", form, {**_offer(found), "paragraphs": paragraphs(text)})


def paragraphs(text: str) -> list[tuple[str, bool]]:
    """The lines of a contract, each with whether it is a key clause, to be highlighted."""
    return [(line, bool(CLAUSE.match(line))) for line in text.splitlines() if line.strip()]


@require_safe
@customer_page
def all_loans(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The customer's open application and loans."""
    return render(request, "lending/loans.html", holdings(customer))


def holdings(customer: Customer) -> dict[str, Any]:
    """What a customer has with us: the last application until it becomes a loan, and the loans, the newest first."""
    last = customer.applications.order_by("-id").first()
    return {
        "application": last if last and last.status != Status.CONFIRMED else None,
        "may_apply": applications.open_of(customer) is None,
        "loans": loans.of_customer(customer),
    }


@require_safe
@customer_page
def loan(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """One loan: the payout's progress, schedule, events."""
    return render(request, "lending/loan.html", _loan(loans.find(customer, serial)))


@require_safe
@customer_page
def loan_state(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The part of the page above that moves."""
    return render(request, "lending/loan_state.html", _loan(loans.find(customer, serial)))


def _loan(found: Loan) -> dict[str, Any]:
    on_its_way = found.repayments.filter(status=Repayment.Status.PROCESSING).first()
    return {
        "loan": found,
        "rate": found.rate_in_force,
        "instalments": found.instalments.all(),
        "events": found.events.all(),
        "last_repayment": found.repayments.order_by("-id").first(),
        "repaying": on_its_way,
        "deducted_on": deductions.next_for(found),
        "moving": found.status == Loan.Status.PENDING or on_its_way is not None,
    }


@require_safe
@customer_page
def loan_contract(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """The contract as it was accepted, with the hash that seals it."""
    sealed = loans.find(customer, serial).contract
    text = contracts.masked_text(sealed)
    context = {"contract": sealed, "paragraphs": paragraphs(text), "intact": contracts.is_intact(sealed)}
    return render(request, "lending/loan_contract.html", context)


@customer_page
def repay(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """Repaying by a collection from the card: what is due or more, after a look at what paying early changes."""
    found = loans.find(customer, serial)
    today = clock.today()
    context: dict[str, Any] = {
        "loan": found,
        "owed": standing.owed_on(found, today),
        "following": found.instalments.filter(due_date__gt=today).first(),
    }
    may_give_back = cooling_off.is_open(found, today)
    if may_give_back:
        context["give_back"] = cooling_off.amount(found, standing.fold_of(found, today))
        context["give_back_until"] = cooling_off.last_day(found)
    initial = {"amount": context["owed"].due or None}
    strategies = repayments.strategies(found, may_give_back=may_give_back)
    form = RepayForm(request.POST or None, initial=initial, strategies=strategies)
    if request.method == "POST" and form.is_valid():
        try:
            if "look" not in request.POST:
                repayments.ask(customer=customer, loan_serial=serial, **form.asked(), request_key=form.key())
                return redirect("loan", serial)
            context["preview"] = repayments.preview(loan=found, **form.asked())
        except Problem as problem:
            form.refuse(problem)
    return _form_page(request, "lending/repay.html", form, context)


def _form_page(request: HttpRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    """A page with a form: 422 when something in it was wrong."""
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
