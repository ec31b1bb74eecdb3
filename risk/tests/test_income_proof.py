"""The declared income beside the one read in its proof: a person looks where it is not supported."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts import documents
from accounts.income_proof_reading import READER
from accounts.tests import factories as people
from core.money import round_money
from risk import applicants, fraud, policy, report, scoring, stored_inputs
from risk.assessment import assess
from risk.facts import Declared, Outcome, Severity
from risk.tests import factories
from risk.tests.factories import OVERSTATED, RULES, inputs

POLICY, BEFORE = policy.load("standard-4"), policy.load("standard-3")
SCORECARD = scoring.load(POLICY.scorecard)
money = st.decimals(100, 1_000_000, places=2)


def found(by=POLICY, **changes):
    return assess(inputs(**changes), by, SCORECARD, RULES)


def test_an_income_beyond_the_tolerance_goes_to_a_person():
    assert POLICY.income_tolerance == Decimal("0.20")
    assert found(**OVERSTATED).outcome == Outcome.REVIEW
    assert found(**OVERSTATED).reasons == ("INCOME_NOT_SUPPORTED",)
    assert found(**{**OVERSTATED, "monthly_income": Decimal("12000.00")}).outcome == Outcome.APPROVED


@given(declared=money, proven=money)
def test_it_speaks_exactly_above_a_fifth_more_and_never_declines(declared, proven):
    asked = inputs(monthly_income=declared, proven_income=proven, income_proof_check="read")
    hits = [hit for hit in fraud.check(asked, POLICY) if hit.code == "INCOME_NOT_SUPPORTED"]
    assert bool(hits) == (declared > round_money(proven * 6 / 5, Decimal("0.001")))
    assert all(hit.severity == Severity.REVIEW for hit in hits)


@given(declared=money)
def test_a_proof_that_could_not_be_read_changes_nothing(declared):
    unread = {"monthly_income": declared, "proven_income": None}
    assert found(**unread, income_proof_check="unreadable") == found(**unread, income_proof_check="")


def test_earlier_policies_are_as_they_were_and_stored_inputs_from_before_are_read():
    assert found(by=BEFORE, **OVERSTATED) == found(by=BEFORE, monthly_income=OVERSTATED["monthly_income"])
    plain = replace(inputs(), applicant=factories.applicant(income_proof_check=""))
    stored = stored_inputs.dump(plain)
    del stored["applicant"]["income_proof_check"], stored["applicant"]["proven_income"]
    assert stored_inputs.load(stored) == plain
    assert stored_inputs.load(stored_inputs.dump(inputs(**OVERSTATED))).applicant.proven_income == Decimal("10000.00")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (OVERSTATED, "shows ¥10,000.00 a month"),
        ({"income_proof_check": "unreadable"}, "handed in, not readable"),
        (OVERSTATED | {"income_proof_check": "stored"}, "the newest not read, one before it shows ¥10,000.00 a month"),
        ({"income_proof_check": "stored"}, "handed in, not read yet"),
        ({"income_proof_check": ""}, "handed in"),
        ({"income_proof": False}, "not handed in"),
    ],
)
def test_the_officer_sees_what_was_read(changes, words):
    with translation.override("en"):
        [told] = [row[1] for row in _applicant_rows(factories.decided(**changes)) if row[0] == "Proof of income"]
        assert str(told) == words


def _applicant_rows(decision):
    [section] = [each for each in report.build(decision).sections if each.title.startswith("Applicant")]
    return section.rows


@pytest.mark.django_db
def test_what_was_read_is_gathered_with_the_facts(sandbox):
    declared = Declared("fixed", 6, "rent", Decimal(12000), Decimal(3000), Decimal(0))
    customer = people.verified_customer()
    people.income_proof_of(customer, income="8000.00")
    facts = applicants.gather(customer=customer, declared=declared, exposure=Decimal(0))
    assert (facts.income_proof, facts.income_proof_check, facts.proven_income) == (True, "read", Decimal("8000.00"))


@pytest.mark.django_db
def test_a_proof_that_cannot_be_read_takes_nothing_back_of_what_was_read_before(sandbox):
    declared = Declared("fixed", 6, "rent", Decimal(20000), Decimal(3000), Decimal(0))
    customer = people.verified_customer()
    people.income_proof_of(customer, income="5000.00")
    cat = people.upload(people.picture("a cat"))
    photograph = documents.store(customer=customer, kind="income_proof", upload=cat)
    with transaction.atomic():
        photograph.find_unreadable(by=READER, why="no month's income could be read")
    facts = applicants.gather(customer=customer, declared=declared, exposure=Decimal(0))
    assert (facts.income_proof_check, facts.proven_income) == ("unreadable", Decimal("5000.00"))
    assert "INCOME_NOT_SUPPORTED" in [hit.code for hit in fraud.check(replace(inputs(), applicant=facts), POLICY)]
    people.income_proof_of(customer, income="18000.00")
    facts = applicants.gather(customer=customer, declared=declared, exposure=Decimal(0))
    assert (facts.income_proof_check, facts.proven_income) == ("read", Decimal("18000.00"))
