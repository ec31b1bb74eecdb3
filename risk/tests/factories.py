"""A cast of applicants, as plain facts, and what becomes of them by the use cases."""

import datetime as dt
import itertools
import json
from decimal import Decimal

from django.db import transaction

from accounts import staff
from accounts.models import User
from accounts.roles import Role
from risk import decisions, policy, reference_data, review, rules
from risk.facts import Applicant, CreditRequest, Inputs
from risk.models import Decision, ReviewCase

TODAY = dt.date(2026, 11, 23)
POLICY = policy.load("standard-1")
NEW_POLICY = policy.load("standard-2")
FIRST_RULES = json.loads(reference_data.FIRST_RULES.read_text())
RULES = rules.compiled(FIRST_RULES, label="rules-1")
SUBJECT = "risk_test"

_numbers = itertools.count(1)

# What differs from the steady applicant.
DOUBTFUL = {
    "employment": "freelance",
    "employment_years": 1,
    "monthly_income": Decimal("6000.00"),
    "monthly_expenses": Decimal("3500.00"),
    "amount": Decimal("20000.00"),
    "term_months": 24,
}
HOPELESS = {
    "employment": "part_time",
    "employment_years": 0,
    "housing": "other",
    "monthly_income": Decimal("3000.00"),
    "monthly_expenses": Decimal("2400.00"),
    "amount": Decimal("30000.00"),
    "term_months": 36,
}
# The income is just beyond what its proof supports.
OVERSTATED = {
    "monthly_income": Decimal("12000.01"),
    "income_proof_check": "read",
    "proven_income": Decimal("10000.00"),
}

_STEADY = {
    "age": 30,
    "employment": "fixed",
    "employment_years": 6,
    "housing": "rent",
    "monthly_income": Decimal("12000.00"),
    "monthly_expenses": Decimal("3000.00"),
    "monthly_debt": Decimal("0.00"),
    "exposure": Decimal("0.00"),
    "id_card_check": "agrees",
    "income_proof": True,
    "income_proof_check": "unreadable",
    "proven_income": None,
    "device_age_hours": 48,
    "traces": (),
    "device_signs": (),
}
_REQUEST = {
    "subject": SUBJECT,
    "amount": Decimal("10000.00"),
    "term_months": 12,
    "purpose": "everyday",
    "minimum_rate": Decimal("0.0720"),
    "maximum_rate": Decimal("0.2160"),
    "maximum_amount": Decimal("200000.00"),
}


def applicant(**changes) -> Applicant:
    """A steady applicant: permanent job for six years, 12,000 a month, 3,000 of expenses. `changes` say otherwise."""
    facts = {key: value for key, value in changes.items() if key in _STEADY}
    serial = changes.get("customer_serial") or f"customer {next(_numbers)}"
    return Applicant(customer_serial=serial, **{**_STEADY, **facts})


def request(**changes) -> CreditRequest:
    """10,000 over 12 months for everyday spending. `changes` say otherwise."""
    facts = {key: value for key, value in changes.items() if key in _REQUEST}
    reference = changes.get("reference") or f"asked {next(_numbers)}"
    return CreditRequest(reference=reference, **{**_REQUEST, **facts})


def inputs(*, watchlist=(), velocity=None, ring=None, **changes) -> Inputs:
    """The inputs of a decision about the applicant and request that `changes` describe."""
    return Inputs(applicant(**changes), request(**changes), TODAY, tuple(watchlist), velocity or {}, ring)


def decided(**changes) -> Decision:
    """The machine's decision about them."""
    with transaction.atomic():
        return decisions.decide(applicant=applicant(**changes), request=request(**changes))


def doubtful_case(**changes) -> ReviewCase:
    """The review case of a doubtful applicant."""
    return decided(**{**DOUBTFUL, **changes}).review_case


def claimed_case(officer: User, **changes) -> ReviewCase:
    """The same, claimed by the officer."""
    case = doubtful_case(**changes)
    review.claim(case=case, officer=officer)
    return case


def officer(role: Role = Role.RISK_OFFICER) -> User:
    """A new member of staff."""
    return staff.hire(username=f"officer-{next(_numbers)}", password="correct horse battery", role=role)
