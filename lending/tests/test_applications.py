"""Applications: what is refused before anything is written, and what becomes of those that are taken on."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection

from accounts import documents, staff
from accounts.models import Purpose
from accounts.roles import Role
from accounts.tests import factories as people
from core import clock
from core.models import Work
from core.problems import Problem
from lending import applications, confirmations
from lending.models import CreditLine, LoanApplication
from lending.tests.factories import DECLARED, apply, decided, withdraw_consent
from risk import review
from risk.facts import Whereabouts
from risk.models import Decision, ReviewCase
from risk.reasons import APPROVAL_REASONS, DECLINE_REASONS

pytestmark = pytest.mark.django_db
DOUBTFUL = {
    "amount": Decimal("20000"),
    "term_months": 24,
    "declared": replace(
        DECLARED,
        employment="freelance",
        employment_years=1,
        monthly_income=Decimal("6000"),
        monthly_expenses=Decimal("3500"),
    ),
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": Decimal("9.99")}, "amount_out_of_range"),
        ({"amount": Decimal("200000.01")}, "amount_out_of_range"),
        ({"amount": Decimal("1000.005")}, "amount_out_of_range"),
        ({"amount": Decimal("-1000")}, "amount_out_of_range"),
        ({"term_months": 5}, "term_not_offered"),
        ({"term_months": 0}, "term_not_offered"),
        ({"product_code": "mortgage"}, "product_unknown"),
        ({"purpose": "shares"}, "declaration_invalid"),
        ({"declared": replace(DECLARED, employment="pirate")}, "declaration_invalid"),
        ({"declared": replace(DECLARED, housing="castle")}, "declaration_invalid"),
        ({"declared": replace(DECLARED, employment_years=61)}, "declaration_invalid"),
        ({"declared": replace(DECLARED, monthly_income=Decimal("-1"))}, "declaration_invalid"),
        ({"declared": replace(DECLARED, monthly_debt=Decimal("10000000.01"))}, "declaration_invalid"),
    ],
)
def test_what_the_product_does_not_lend_is_refused(applicant, changes, code):
    with pytest.raises(Problem, match=code):
        apply(applicant, **changes)
    assert not LoanApplication.objects.exists()
    assert not Work.objects.filter(kind=applications.DECIDE).exists()


def test_where_somebody_lives_and_works_is_kept_encrypted_and_reaches_the_decision_as_hashes(applicant):
    told = Whereabouts(" 12 Lake Road ", "Lake Ltd", "+86 138 0000 0001")
    application = decided(applicant, whereabouts=told)
    assert (application.home_address, application.contact_mobile) == ("12 Lake Road", "13800000001")
    decision = Decision.objects.get(serial=application.decision_serial)
    assert {"address", "employer", "contact"} <= set(decision.traces.values_list("kind", flat=True))
    assert "Lake" not in str(decision.inputs)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM lending_loanapplication a")
        row = cursor.fetchone()[0]
    assert "Lake" not in row
    assert "13800000001" not in row


def test_a_contact_needs_a_mobile_number(applicant):
    with pytest.raises(Problem, match="mobile_invalid") as refused:
        apply(applicant, whereabouts=Whereabouts(contact_mobile="12"))
    assert refused.value.field == "contact_mobile"
    assert not LoanApplication.objects.exists()


@pytest.mark.parametrize("amount", ["10.00", "200000.00"])
def test_the_smallest_and_the_largest_amount_are_taken_on(applicant, amount):
    assert apply(applicant, amount=Decimal(amount)).status == "submitted"


def test_without_consents_identity_or_papers_nothing_is_applied_for(sandbox):
    with pytest.raises(Problem, match="consent_missing"):
        apply(people.registered_customer())
    with pytest.raises(Problem, match="identity_unverified"):
        apply(people.consenting_customer())
    customer = people.verified_customer()
    for missing in ("id_card", "income_proof"):
        with pytest.raises(Problem, match="document_missing") as refused:
            apply(customer)
        assert refused.value.details["document"] == missing
        documents.store(customer=customer, kind=missing, upload=people.upload(people.picture(missing.upper())))
    assert apply(customer).status == "submitted"


def test_a_proof_that_nobody_read_yet_is_read_when_its_owner_applies(applicant):
    unread = people.upload(people.picture("PAYSLIP"))
    proof = documents.store(customer=applicant, kind="income_proof", upload=unread)
    reading = Work.objects.filter(kind=documents.READ_INCOME_PROOF, key=proof.serial)
    reading.delete()
    application = apply(applicant)
    assert reading.get().state == "waiting" and application.status == "submitted"


def test_a_proof_that_was_read_is_not_read_again(applicant):
    Work.objects.all().delete()
    apply(applicant)
    assert not Work.objects.filter(kind=documents.READ_INCOME_PROOF).exists()


def test_a_consent_taken_back_is_a_consent_missing(applicant):
    withdraw_consent(applicant, Purpose.CREDIT_REPORT)
    with pytest.raises(Problem, match="consent_missing"):
        apply(applicant)


def test_one_application_at_a_time_until_it_is_withdrawn(applicant):
    first = apply(applicant)
    with pytest.raises(Problem, match="application_open"):
        apply(applicant)
    applications.withdraw(customer=applicant, serial=first.serial)
    applications.decide(first.serial)
    first.refresh_from_db()
    assert (first.status, first.decision_serial) == ("withdrawn", "")
    with pytest.raises(Problem, match="wrong_state"):
        applications.withdraw(customer=applicant, serial=first.serial)
    assert apply(applicant).status == "submitted"


def test_a_stranger_finds_no_application_and_withdraws_none(applicant):
    application = apply(applicant)
    stranger = people.registered_customer()
    for act in (applications.withdraw, confirmations.open_offer):
        with pytest.raises(Problem, match="not_found"):
            act(customer=stranger, serial=application.serial)
    with pytest.raises(Problem, match="not_found"):
        confirmations.confirm(customer=stranger, serial=application.serial, channel="portal")


def test_a_steady_applicant_gets_an_offer_and_a_credit_line_that_covers_it(applicant):
    application = decided(applicant)
    assert (application.status, application.offered_amount) == ("approved", Decimal("10000.00"))
    assert application.product.minimum_rate <= application.annual_rate <= application.product.maximum_rate
    assert application.offer_expires_at - clock.now() > dt.timedelta(days=6, hours=23)
    line = CreditLine.objects.get(customer=applicant)
    assert line.limit >= application.offered_amount
    assert (line.used, line.held, line.available) == (0, 0, line.limit)


def test_deciding_again_changes_nothing(applicant):
    application = decided(applicant)
    applications.decide(application.serial)
    assert LoanApplication.objects.get(pk=application.pk).decision_serial == application.decision_serial


@pytest.fixture
def officer(db):
    return staff.hire(username="officer", password="correct horse battery", role=Role.RISK_OFFICER)


@pytest.fixture
def in_review(applicant):
    application = decided(applicant, **DOUBTFUL)
    assert application.status == "in_review"
    return application


def case_of(application):
    return ReviewCase.objects.get(reference=application.serial)


def approve(case, officer, limit):
    review.claim(case=case, officer=officer)
    reasons = [next(iter(APPROVAL_REASONS))]
    return review.approve(
        case=case, officer=officer, limit=Decimal(limit), annual_rate=Decimal("0.18"), reasons=reasons
    )


def test_what_an_officer_approves_is_offered_up_to_the_officers_limit(in_review, officer):
    decision = approve(case_of(in_review), officer, "5000")
    in_review.refresh_from_db()
    offer = (in_review.status, in_review.offered_amount, in_review.annual_rate, in_review.decision_serial)
    assert offer == ("approved", Decimal("5000.00"), Decimal("0.18"), decision.serial)
    assert CreditLine.objects.get(customer=in_review.customer).available == Decimal("5000.00")


def test_what_an_officer_declines_is_declined_with_the_reasons_and_told(in_review, officer):
    case, reason = case_of(in_review), next(iter(DECLINE_REASONS))
    review.claim(case=case, officer=officer)
    review.decline(case=case, officer=officer, reasons=[reason])
    in_review.refresh_from_db()
    assert (in_review.status, in_review.reasons) == ("declined", [reason])
    assert in_review.customer.messages.filter(template="application_declined").count() == 1
    assert not CreditLine.objects.filter(customer=in_review.customer).exists()


def test_a_customer_whom_the_machine_declined_may_have_a_person_decide(applicant, officer):
    application = decided(applicant, declared=replace(DECLARED, employment="student"))
    assert application.status == "declined"
    assert applications.may_ask_for_person(application)
    applications.ask_for_person(customer=applicant, serial=application.serial)
    application = LoanApplication.objects.get(pk=application.pk)
    assert (application.status, applications.may_ask_for_person(application)) == ("in_review", False)
    with pytest.raises(Problem, match="application_open"):
        applications.ask_for_person(customer=applicant, serial=application.serial)
    approve(case_of(application), officer, "5000")
    application = LoanApplication.objects.get(pk=application.pk)
    assert (application.status, application.offered_amount) == ("approved", Decimal("5000.00"))
    with pytest.raises(Problem, match="application_open"):
        applications.ask_for_person(customer=applicant, serial=application.serial)


def test_a_person_who_declined_is_not_asked_again(in_review, officer):
    case = case_of(in_review)
    review.claim(case=case, officer=officer)
    review.decline(case=case, officer=officer, reasons=[next(iter(DECLINE_REASONS))])
    in_review = LoanApplication.objects.get(pk=in_review.pk)
    assert not applications.may_ask_for_person(in_review)
    with pytest.raises(Problem, match="no_person_now"):
        applications.ask_for_person(customer=in_review.customer, serial=in_review.serial)
    assert LoanApplication.objects.get(pk=in_review.pk).status == "declined"


def test_an_application_withdrawn_during_the_review_stays_withdrawn(in_review, officer):
    applications.withdraw(customer=in_review.customer, serial=in_review.serial)
    approve(case_of(in_review), officer, "5000")
    in_review.refresh_from_db()
    assert (in_review.status, in_review.offered_amount) == ("withdrawn", None)


def test_offers_that_nobody_took_are_let_go_by_the_business_clock(applicant):
    application = decided(applicant)
    clock.move_to(application.offer_expires_at - dt.timedelta(minutes=1), by="test")
    assert applications.expire_offers() == 0
    clock.move_to(application.offer_expires_at, by="test")
    with pytest.raises(Problem, match="offer_expired"):  # before the sweep has noticed
        confirmations.open_offer(customer=applicant, serial=application.serial)
    assert applications.expire_offers() == 1
    assert applications.expire_offers() == 0
    with pytest.raises(Problem, match="offer_expired"):
        confirmations.confirm(customer=applicant, serial=application.serial, channel="portal")
