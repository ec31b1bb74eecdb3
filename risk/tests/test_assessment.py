"""The arithmetic of a decision: rules, fraud layers, price and outcome, without a database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import round_money
from risk import policy, pricing, reasons, scoring, stored_inputs
from risk.assessment import assess
from risk.facts import Outcome, Severity, WatchlistMatch
from risk.tests.factories import DOUBTFUL, HOPELESS, POLICY, RULES, TODAY, applicant, inputs, request

SCORECARD = scoring.load(POLICY.scorecard)


def assessed(**changes):
    return assess(inputs(**changes), POLICY, SCORECARD, RULES)


def hits(**changes):
    return {hit.code: hit.severity for hit in assessed(**changes).hits}


def test_a_steady_applicant_is_approved_with_limit_rate_and_reasons_for_not_cheaper():
    found = assessed()
    assert found.outcome == Outcome.APPROVED
    assert (found.score, found.pd, found.band) == (563, Decimal("0.074112"), "B")
    assert (found.limit, found.annual_rate) == (Decimal("67400.00"), Decimal("0.1224"))
    assert found.reasons == ("SCORE_HOUSING",)


def test_a_doubtful_applicant_is_left_to_a_person_with_a_proposal():
    found = assessed(**DOUBTFUL)
    assert found.outcome == Outcome.REVIEW
    assert (found.score, found.band) == (512, "D")
    assert (found.limit, found.annual_rate) == (Decimal("18000.00"), Decimal("0.2160"))
    assert len(found.reasons) == 4
    assert found.reasons[0] == "SCORE_EMPLOYMENT_YEARS"


def test_a_hopeless_applicant_is_declined_with_specific_reasons_and_no_offer():
    found = assessed(**HOPELESS)
    assert found.outcome == Outcome.DECLINED
    assert (found.limit, found.annual_rate) == (Decimal(0), Decimal(0))
    assert len(found.reasons) == 4
    assert set(found.reasons) <= set(reasons.SCORE_REASONS)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"age": 17}, "UNDER_AGE"),
        ({"amount": Decimal("9.99")}, "AMOUNT_OUT_OF_RANGE"),
        ({"amount": Decimal("200000.01")}, "AMOUNT_OUT_OF_RANGE"),
        ({"amount": Decimal("50000.01"), "maximum_amount": Decimal("50000.00")}, "AMOUNT_OUT_OF_RANGE"),
        ({"purpose": "house_purchase"}, "PURPOSE_NOT_FINANCED"),
        ({"purpose": "investment"}, "PURPOSE_NOT_FINANCED"),
        ({"employment": "student"}, "STUDENT"),
        ({"exposure": Decimal("190000.01")}, "EXPOSURE_TOO_HIGH"),
        ({"monthly_debt": Decimal("6600.01")}, "DEBT_SERVICE_TOO_HIGH"),
        ({"monthly_income": Decimal("0.00")}, "NO_INCOME"),
        ({"monthly_expenses": Decimal("12000.00")}, "NOT_AFFORDABLE"),
    ],
)
def test_what_the_rules_refuse(changes, code):
    found = assessed(**changes)
    assert found.outcome == Outcome.DECLINED
    assert code in found.reasons
    assert found.limit == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"monthly_debt": Decimal("4800.01")}, "DEBT_SERVICE_HIGH"),
        ({"amount": Decimal("50000.01"), "income_proof": False, "housing": "owner"}, "INCOME_PROOF_MISSING"),
        ({"id_card_check": "differs"}, "ID_CARD_DIFFERS"),
        ({"id_card_check": "unreadable"}, "ID_CARD_UNREADABLE"),
        ({"id_card_check": "stored"}, "ID_CARD_NOT_READ"),
        ({"id_card_check": "missing"}, "ID_CARD_MISSING"),
    ],
)
def test_what_the_rules_leave_to_a_person(changes, code):
    found = assessed(**changes)
    assert found.outcome == Outcome.REVIEW
    assert code in found.reasons


@pytest.mark.parametrize("amount", ["10.00", "200000.00"])
def test_the_edges_of_the_amount_are_inside(amount):
    assert "AMOUNT_OUT_OF_RANGE" not in hits(amount=Decimal(amount))


def test_eighteen_is_old_enough_and_age_changes_nothing_else():
    youngest, oldest = assessed(age=18), assessed(age=80)
    assert youngest == oldest
    assert youngest.outcome == Outcome.APPROVED


def test_a_blocked_trace_declines_and_a_watched_one_goes_to_a_person():
    blocked = assessed(watchlist=[WatchlistMatch("mobile", "block")])
    assert (blocked.outcome, blocked.reasons) == (Outcome.DECLINED, ("WATCHLIST",))
    watched = assessed(watchlist=[WatchlistMatch("device", "watch")])
    assert (watched.outcome, watched.reasons) == (Outcome.REVIEW, ("WATCHLIST",))


@pytest.mark.parametrize("rule", POLICY.velocity, ids=lambda rule: rule.code)
def test_each_velocity_rule_speaks_above_its_number_and_not_at_it(rule):
    assert rule.code not in hits(velocity={rule.code: rule.more_than})
    assert hits(velocity={rule.code: rule.more_than + 1})[rule.code] == rule.severity


def test_a_new_or_unknown_device_is_only_noted():
    assert hits(device_age_hours=1)["DEVICE_NEW"] == Severity.NOTE
    assert hits(device_age_hours=None)["DEVICE_UNKNOWN"] == Severity.NOTE
    assert "DEVICE_NEW" not in hits(device_age_hours=24)
    assert assessed(device_age_hours=0).outcome == Outcome.APPROVED


def test_an_income_that_carries_less_is_offered_less():
    found = assessed(amount=Decimal("90000.00"), housing="owner", employment_years=20)
    assert found.outcome == Outcome.APPROVED
    assert found.limit < Decimal("90000.00")
    assert found.reasons[0] == "LIMIT_BELOW_REQUEST"


def test_fraud_reasons_tell_the_customer_nothing_of_the_layer():
    sentences = reasons.for_customer(["WATCHLIST", "DEVICE_FARM", "CARD_SHARED"])
    assert len(sentences) == 1


def test_every_code_that_can_be_given_has_a_sentence():
    codes = {rule.code for rule in POLICY.velocity}
    by_rules = {rule.code for table in RULES.tables for rule in table.rules}
    assert codes <= set(reasons.FRAUD_REASONS)
    for changes in ({}, DOUBTFUL, HOPELESS, {"age": 1}, {"id_card_check": "missing"}):
        assert set(hits(**changes)) <= set(reasons.REASONS) | by_rules


def test_inputs_survive_being_stored():
    whole = inputs(watchlist=[WatchlistMatch("ip", "watch")], velocity={"X": 3}, traces=(("mobile", "a1"),))
    assert stored_inputs.load(stored_inputs.dump(whole)) == whole


money = st.decimals(0, 1_000_000, places=2)


@given(
    monthly_income=money,
    monthly_expenses=money,
    monthly_debt=money,
    exposure=st.decimals(0, 200_000, places=2),
    term_months=st.integers(1, 60),
    pd=st.decimals(0, 1, places=6),
)
def test_a_limit_is_whole_hundreds_carried_by_the_income_and_inside_every_ceiling(
    monthly_income, monthly_expenses, monthly_debt, exposure, term_months, pd
):
    person = applicant(
        monthly_income=monthly_income, monthly_expenses=monthly_expenses, monthly_debt=monthly_debt, exposure=exposure
    )
    asked = request(term_months=term_months)
    offer = pricing.price(person, asked, pd, POLICY)
    assert offer.limit >= 0
    assert offer.limit % POLICY.limit_step == 0
    assert offer.limit + exposure <= POLICY.maximum_exposure or offer.limit == 0
    assert asked.minimum_rate <= offer.annual_rate <= asked.maximum_rate
    capacity = pricing.monthly_capacity(person, POLICY)
    assert offer.limit <= pricing.borrowable(capacity, offer.annual_rate, term_months, "equal_instalment")


@pytest.mark.parametrize(
    ("method", "amount"),
    [
        ("equal_instalment", "11255.08"),
        *((each, "10714.29") for each in ("equal_principal", "interest_only", "bullet")),
    ],
)
def test_borrowable_is_what_the_method_repays_out_of_a_monthly_capacity(method, amount):
    # 1,000 a month for 12 months at 12 % a year: 1000 × (1 − 1.01^−12) / 0.01
    assert round_money(pricing.borrowable(Decimal(1000), Decimal("0.12"), 12, method)) == Decimal(amount)
    assert pricing.borrowable(Decimal(1000), Decimal(0), 12, method) == 12000


def test_the_policy_in_force_is_the_newest_effective_one():
    assert policy.in_force(TODAY).label == "standard-3"
    with pytest.raises(LookupError, match="no credit policy"):
        policy.in_force(POLICY.effective_from.replace(year=2020))
