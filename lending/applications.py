"""Applications: submitted by the customer, decided by risk, answered with an offer or a reason."""

import datetime as dt
from dataclasses import asdict
from decimal import Decimal

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import consents, customers, documents, messages
from accounts.mobile_number import clean_mobile
from accounts.models import Customer, Document
from core import actors, clock, work
from core.money import format_yuan
from core.problems import Problem
from core.registry import DecisionOutcome
from core.serials import Serial, next_serial
from lending import credit_lines, products
from lending.models import LoanApplication
from lending.models.application import OPEN
from risk import applicants, decisions, review
from risk.applicants import NOWHERE
from risk.facts import CreditRequest, Declared, Employment, Housing, Outcome, Purpose, Whereabouts
from risk.models import Decision
from risk.sharing import asking

log = structlog.get_logger(__name__)

SUBJECT = "loan_application"
DECIDE = "decide_application"
DECIDER = actors.system("decision")
# The picture of the ID card is read in about a second; whoever's is not is decided by a person.
LONGEST_TEXT = 200
READING_PATIENCE = dt.timedelta(seconds=20)
Status = LoanApplication.Status


def submit(
    *,
    customer: Customer,
    product_code: str,
    amount: Decimal,
    term_months: int,
    purpose: str,
    declared: Declared,
    method: str = "",
    whereabouts: Whereabouts = NOWHERE,
) -> LoanApplication:
    """Take on an application; it is decided at once, or within seconds (work "decide_application").

    `amount` in yuan; without a `method` the product's usual one. Raises Problem: product_unknown, amount_out_of_range,
    term_not_offered, method_not_offered, declaration_invalid, mobile_invalid, consent_missing,
    identity_unverified (409), document_missing (409), application_open (409).
    """
    product = products.find(product_code, on=clock.today())
    method = method or product.methods[0]
    products.check_request(product, amount=amount, term_months=term_months, method=method)
    _check_declaration(purpose, declared)
    whereabouts = _clean(whereabouts)
    with transaction.atomic(durable=True):
        customer = customers.lock(customer.serial)
        papers = documents.newest(customer)
        _check_customer(customer, papers)
        documents.read_if_waiting(papers[Document.Kind.INCOME_PROOF])
        application = LoanApplication.objects.create(
            serial=next_serial(Serial.APPLICATION),
            customer=customer,
            product=product,
            amount=amount,
            term_months=term_months,
            method=method,
            purpose=purpose,
            employment=declared.employment,
            employment_years=declared.employment_years,
            housing=declared.housing,
            monthly_income=declared.monthly_income,
            monthly_expenses=declared.monthly_expenses,
            monthly_debt=declared.monthly_debt,
            **asdict(whereabouts),
            submitted_at=clock.real_now(),
        )
        work.enqueue(DECIDE, application.serial, here=True)
    return find(customer, application.serial)


def open_of(customer: Customer) -> LoanApplication | None:
    """The customer's application that is not at its end yet."""
    return LoanApplication.objects.filter(customer=customer, status__in=OPEN).select_related("product").first()


def find(customer: Customer, serial: str) -> LoanApplication:
    """The customer's application with this serial number. Raises Problem `not_found` (404) for anybody else's."""
    application = LoanApplication.objects.filter(customer=customer, serial=serial).select_related("product").first()
    if application is None:
        raise Problem("not_found", _("There is no such application."), status=404)
    return application


def withdraw(*, customer: Customer, serial: str) -> LoanApplication:
    """The customer no longer wants the loan. Raises Problem `not_found`, `wrong_state` (409)."""
    with transaction.atomic(durable=True):
        customers.lock(customer.serial)
        application = find(customer, serial)
        application.withdraw(by=actors.customer(customer.serial), why="the customer withdrew")
    return application


def decision_on(application: LoanApplication) -> Decision:
    """The decision that an application stands on: the machine's, until a person decided."""
    return Decision.objects.get(serial=application.decision_serial)


def may_ask_for_person(application: LoanApplication) -> bool:
    """Whether the customer may have a person decide on an application that the machine declined."""
    return (
        application.status == Status.DECLINED
        and open_of(application.customer) is None
        and review.may_ask_for_person(decision_on(application))
    )


def ask_for_person(*, customer: Customer, serial: str) -> LoanApplication:
    """The customer asks for a person to decide, after the machine declined.

    Raises Problem: not_found (404), wrong_state, application_open, no_person_now (all 409).
    """
    with transaction.atomic(durable=True):
        customers.lock(customer.serial)
        application = find(customer, serial)
        _require_none_open(customer)
        application.reconsider(by=actors.customer(customer.serial), why="the customer asks for a person")
        review.ask_for_person(decision_on(application))
        messages.send(customer, "application_in_review", key=f"review {application.serial}")
    return application


def decide(serial: str) -> work.Again | None:
    """Work handler: ask other lenders, if the customer agrees, then risk for a decision, and act on it. Harmless to
    repeat."""
    application = LoanApplication.objects.select_related("customer", "product").get(serial=serial)
    if application.status != Status.SUBMITTED:
        return None
    if _a_document_is_being_read(application):
        return work.Again(after=dt.timedelta(seconds=0.3))
    elsewhere = asking.about(application.customer, reference=application.serial)
    with transaction.atomic(durable=True):
        customer, product = customers.lock(application.customer.serial), application.product
        application.lock()
        application.customer, application.product = customer, product  # known already: not read once more
        if application.status == Status.SUBMITTED:
            decision = decisions.decide(
                applicant=applicants.gather(
                    customer=customer,
                    declared=_declared(application),
                    exposure=credit_lines.exposure(customer),
                    whereabouts=_whereabouts(application),
                ),
                request=_request(application),
                elsewhere=elsewhere,
            )
            _act(application, decision)
    return None


def expire_offers() -> int:
    """Close the offers that were not taken in time. Returns how many."""
    late = LoanApplication.objects.filter(status=Status.APPROVED, offer_expires_at__lte=clock.now())
    count = 0
    for application in late:
        try:
            count += _expire(application)
        except Exception:
            log.exception("offer not expired", application=application.serial)
    return count


@transaction.atomic(durable=True)
def _expire(application: LoanApplication) -> bool:
    application.lock()
    if application.status != Status.APPROVED:
        return False
    application.expire(by=actors.system("offers"), why="not confirmed in time")
    return True


class DecisionHandler:
    """What becomes of an application when a person in risk has decided (core.registry.decision_finalised)."""

    def lock(self, reference: str) -> None:
        """Lock customer, credit line and application."""
        application = LoanApplication.objects.select_related("customer").get(serial=reference)
        customer = customers.lock(application.customer.serial)
        credit_lines.lock_of(customer)
        application.lock()

    def apply(self, outcome: DecisionOutcome) -> None:
        """Offer or decline; an application that was withdrawn meanwhile stays as it is."""
        application = LoanApplication.objects.select_related("customer", "product").get(serial=outcome.reference)
        if application.status != Status.IN_REVIEW:
            return
        if outcome.outcome == Outcome.APPROVED:
            _offer(application, outcome.decision_serial, outcome.limit, outcome.annual_rate, by=outcome.decided_by)
        else:
            _decline(application, outcome.decision_serial, list(outcome.reasons), by=outcome.decided_by)


def _check_declaration(purpose: str, declared: Declared) -> None:
    wrong = [
        ("purpose", purpose not in set(Purpose)),
        ("employment", declared.employment not in set(Employment)),
        ("housing", declared.housing not in set(Housing)),
        ("employment_years", not 0 <= declared.employment_years <= 60),
        ("monthly_income", not 0 <= declared.monthly_income <= 10_000_000),
        ("monthly_expenses", not 0 <= declared.monthly_expenses <= 10_000_000),
        ("monthly_debt", not 0 <= declared.monthly_debt <= 10_000_000),
    ]
    for field, is_wrong in wrong:
        if is_wrong:
            raise Problem(
                "declaration_invalid", _("Check this entry: it is not one of the possible ones."), field=field
            )


def _clean(whereabouts: Whereabouts) -> Whereabouts:
    """Trimmed and cut to what a form takes. Raises Problem mobile_invalid."""
    mobile = whereabouts.contact_mobile.strip()
    return Whereabouts(
        home_address=whereabouts.home_address.strip()[:LONGEST_TEXT],
        employer=whereabouts.employer.strip()[:LONGEST_TEXT],
        contact_mobile=clean_mobile(mobile, field="contact_mobile") if mobile else "",
    )


def _check_customer(customer: Customer, papers: dict[str, Document]) -> None:
    consents.require_consents(customer, consents.FOR_APPLICATION)
    if not customer.is_verified:
        raise Problem("identity_unverified", _("Verify your identity first."), status=409)
    for kind in (Document.Kind.ID_CARD, Document.Kind.INCOME_PROOF):
        if kind not in papers:
            message = _("First upload this document: %(document)s.") % {"document": kind.label}
            raise Problem("document_missing", message, status=409, document=kind.value)
    _require_none_open(customer)


def _require_none_open(customer: Customer) -> None:
    if LoanApplication.objects.filter(customer=customer, status__in=OPEN).exists():
        already = _("You have an application open already: wait for its end, or withdraw it.")
        raise Problem("application_open", already, status=409)


def _a_document_is_being_read(application: LoanApplication) -> bool:
    waited = clock.real_now() - application.submitted_at
    results = documents.check_results(application.customer)
    return Document.Status.STORED in results.values() and waited < READING_PATIENCE


def _declared(application: LoanApplication) -> Declared:
    return Declared(
        employment=application.employment,
        employment_years=application.employment_years,
        housing=application.housing,
        monthly_income=application.monthly_income,
        monthly_expenses=application.monthly_expenses,
        monthly_debt=application.monthly_debt,
    )


def _whereabouts(application: LoanApplication) -> Whereabouts:
    return Whereabouts(application.home_address, application.employer, application.contact_mobile)


def _request(application: LoanApplication) -> CreditRequest:
    product = application.product
    return CreditRequest(
        subject=SUBJECT,
        reference=application.serial,
        amount=application.amount,
        term_months=application.term_months,
        purpose=application.purpose,
        minimum_rate=product.minimum_rate,
        maximum_rate=product.maximum_rate,
        maximum_amount=product.maximum_amount,
        method=application.method,
    )


def _act(application: LoanApplication, decision: Decision) -> None:
    if decision.outcome == Outcome.APPROVED:
        _offer(application, decision.serial, decision.limit, decision.annual_rate, by=DECIDER)
    elif decision.outcome == Outcome.DECLINED:
        _decline(application, decision.serial, list(decision.reasons), by=DECIDER)
    else:
        application.send_to_review(by=DECIDER, why="for a person to decide", decision_serial=decision.serial)
        messages.send(application.customer, "application_in_review", key=f"review {application.serial}")


def _offer(application: LoanApplication, decision_serial: str, limit: Decimal, rate: Decimal, *, by: str) -> None:
    """Offer what was asked for, at most `limit`: what may be drawn beyond what is owed already."""
    customer = application.customer
    amount = min(application.amount, limit)
    application.approve(
        by=by,
        why="approved",
        decision_serial=decision_serial,
        offered_amount=amount,
        annual_rate=rate,
        expires_at=clock.now() + dt.timedelta(days=application.product.offer_days),
        offered_at=clock.real_now(),
    )
    credit_lines.grant_more(customer, limit)
    messages.send(
        customer, "application_approved", {"amount": format_yuan(amount)}, key=f"approved {application.serial}"
    )


def _decline(application: LoanApplication, decision_serial: str, reasons: list[str], *, by: str) -> None:
    application.decline(by=by, why=", ".join(reasons), decision_serial=decision_serial, reasons=reasons)
    messages.send(application.customer, "application_declined", key=f"declined {application.serial}")
