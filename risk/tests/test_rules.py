"""Rule tables: the first version answers as the policy's rules did, exactly; what is no rule is refused by its row."""

import os
import random
from copy import deepcopy
from decimal import Decimal

import pytest

from core.problems import Problem
from risk import rule_checks, rule_edits, rules
from risk.facts import Hit, Severity
from risk.scoring import Score
from risk.tests.factories import FIRST_RULES, RULES, inputs

pytestmark = pytest.mark.usefixtures("in_english")
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
APPLICANTS = 200_000 if NIGHTLY else 20_000
PURPOSES = ("everyday", "appliances", "renovation", "education", "medical", "travel", "other")


def row(code="A_RULE", when=("amount > 1",), outcome="decline", **more):
    return {
        "code": code,
        "when": list(when),
        "outcome": outcome,
        "cap": "",
        "show": "",
        "en": "No.",
        "zh": "不。",
    } | more


def document(*rows, hits="collect"):
    return {"tables": [{"name": "Try", "hits": hits, "rules": list(rows)}]}


def compiled(*rows, hits="collect"):
    made = document(*rows, hits=hits)
    rule_checks.check(made)
    return rules.compiled(made, label="rules-9")


def codes(by, points=600, pd="0.05", **changes):
    hits, _caps = by.check(inputs(**changes), Score(points, Decimal(pd), ()))
    return [hit.code for hit in hits]


def as_the_policy_said(found, points):  # noqa: C901 - as it was
    """The rules of the policy as they were written in Python before they became tables."""
    person, asked = found.applicant, found.request
    if person.age < 18:
        yield Hit("UNDER_AGE", Severity.DECLINE, str(person.age))
    if not Decimal("10.00") <= asked.amount <= min(Decimal("200000.00"), asked.maximum_amount):
        yield Hit("AMOUNT_OUT_OF_RANGE", Severity.DECLINE, str(asked.amount))
    if asked.purpose not in PURPOSES:
        yield Hit("PURPOSE_NOT_FINANCED", Severity.DECLINE, asked.purpose)
    if person.employment == "student":
        yield Hit("STUDENT", Severity.DECLINE)
    if person.exposure + asked.amount > Decimal("200000.00"):
        yield Hit("EXPOSURE_TOO_HIGH", Severity.DECLINE, str(person.exposure))
    if person.monthly_income <= 0:
        yield Hit("NO_INCOME", Severity.DECLINE)
    else:
        share = person.monthly_debt / person.monthly_income
        seen = str(share.quantize(Decimal("0.01")))
        if share > Decimal("0.55"):
            yield Hit("DEBT_SERVICE_TOO_HIGH", Severity.DECLINE, seen)
        elif share > Decimal("0.40"):
            yield Hit("DEBT_SERVICE_HIGH", Severity.REVIEW, seen)
    if asked.amount > Decimal("50000.00") and not person.income_proof:
        yield Hit("INCOME_PROOF_MISSING", Severity.REVIEW)
    if points < 500:
        yield Hit("SCORE_TOO_LOW", Severity.DECLINE, str(points))
    elif points < 550:
        yield Hit("SCORE_DOUBTFUL", Severity.REVIEW, str(points))


def test_the_first_rule_set_answers_as_the_policy_did():
    chance, spoken = random.Random(20261123), set()
    yuan = ["0.00", "9.99", "10.00", "50000.00", "50000.01", "120000.00", "200000.00", "200000.01"]
    for _ in range(APPLICANTS):
        income = chance.choice(["0.00", "3000.00", "6000.00", "10000.00", "33333.33"])
        debt = Decimal(income) * chance.choice([0, Decimal("0.4"), Decimal("0.401"), Decimal("0.55"), Decimal("0.551")])
        found = inputs(
            age=chance.randrange(16, 70),
            employment=chance.choice(["fixed", "student", "freelance"]),
            monthly_income=Decimal(income),
            monthly_debt=debt,
            exposure=Decimal(chance.choice(yuan)),
            income_proof=chance.random() < 0.5,
            amount=Decimal(chance.choice(yuan)),
            purpose=chance.choice([*PURPOSES, "house_purchase", "investment"]),
            maximum_amount=Decimal(chance.choice(["50000.00", "200000.00", "300000.00"])),
        )
        points = chance.choice([499, 500, 501, 549, 550, 700])
        hits, caps = RULES.check(found, Score(points, Decimal("0.05"), ()))
        assert hits == list(as_the_policy_said(found, points))
        assert caps == rules.NO_CAPS
        spoken |= {hit.code for hit in hits}
    assert len(spoken) == 11


def test_the_first_table_speaks_once_and_the_other_by_every_row():
    rows = [row("ONE_RULE", ["amount > 1"]), row("TWO_RULE", ["term_months > 1"])]
    assert codes(compiled(*rows)) == ["ONE_RULE", "TWO_RULE"]
    assert codes(compiled(*rows, hits="first")) == ["ONE_RULE"]


def test_decimals_are_compared_exactly_and_unknown_meets_only_null():
    above = compiled(row(when=["debt_to_income > 0.1"]))
    assert codes(above, monthly_income=Decimal(3), monthly_debt=Decimal("0.3")) == []
    assert codes(above, monthly_income=Decimal(3), monthly_debt=Decimal("0.3000000000000001")) == ["A_RULE"]
    assert codes(above, monthly_income=Decimal(0)) == []
    unknown = compiled(row(when=["debt_to_income == null"]))
    assert codes(unknown, monthly_income=Decimal(0)) == ["A_RULE"]


def test_caps_take_the_lowest_and_say_so():
    by = compiled(
        row("CAP_ONE", ["pd > 0.01"], "cap_limit", cap="5000"), row("CAP_TWO", ["pd > 0.02"], "cap_limit", cap="3000")
    )
    hits, caps = by.check(inputs(), Score(600, Decimal("0.05"), ()))
    assert [(hit.severity, hit.seen) for hit in hits] == [("note", "5000"), ("note", "3000")]
    assert caps == rules.Caps(Decimal(3000), None, frozenset({"CAP_ONE", "CAP_TWO"}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("shoe_size > 40", "There is no input “shoe_size”"),
        ("amount > lots", "is no value"),
        ('amount > "10"', "amount is not compared with such a value"),
        ("purpose > 3", "cannot be asked by “>”"),
        ('purpose == "yachts"', "is never “yachts”"),
        ("amount == null", "is never unknown"),
        ("amount", "is no condition"),
        ("age > 60", "cannot be asked by “>”"),
        ("income_proof == 1", "is not compared with such a value"),
    ],
)
def test_a_condition_that_does_not_compile_is_named_by_its_row(line, said):
    with pytest.raises(Problem, match="rule_invalid") as refused:
        rule_checks.check(document(row(), row("B_RULE", [line])))
    assert said in str(refused.value.message)
    assert "Table “Try”, row 2 (B_RULE)" in str(refused.value.message)


@pytest.mark.parametrize(
    ("hits", "rows", "said"),
    [
        ("collect", [row(when=["amount > 5", "amount < 5"])], "row 1 (A_RULE): its conditions exclude each other"),
        ("collect", [row(when=["term_months > 5", "term_months < 6"])], "it can never hold"),
        ("collect", [row(when=["monthly_debt < 0"])], "it can never hold"),
        ("collect", [row(), row(when=["amount > 5"])], "row 2 (A_RULE): it and row 1 would say the same code"),
        ("first", [row(), row("B_RULE", outcome="review")], "row 2 (B_RULE): it asks the same as row 1"),
        ("first", [row(), row("B_RULE", ["amount > 7"])], "row 2 (B_RULE): the rows above it take all"),
        (
            "first",
            [row(when=["amount < 9"]), row("B_RULE", ["amount > 3"]), row("C_RULE", ["term_months > 3"])],
            "row 3 (C_RULE): the rows above it take all",
        ),
        ("first", [row(), row(when=["amount < 1"], outcome="review")], "another row of this code has another outcome"),
    ],
)
def test_contradictions_are_named_by_their_row(hits, rows, said):
    with pytest.raises(Problem, match="rules_contradict") as refused:
        rule_checks.check(document(*rows, hits=hits))
    assert said in str(refused.value.message)


def test_rows_that_only_overlap_are_no_contradiction():
    compiled(row(when=["score < 500"]), row("B_RULE", ["score < 550"], "review"), row("C_RULE", []), hits="first")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "small"}, "code"),
        ({"code": "WATCHLIST"}, "code"),
        ({"outcome": "shrug"}, "outcome"),
        ({"cap": "5"}, "cap"),
        ({"outcome": "cap_rate", "cap": "24"}, "cap"),
        ({"outcome": "cap_limit", "cap": "NaN"}, "cap"),
        ({"show": "shoe_size"}, "show"),
        ({"zh": " "}, "zh"),
    ],
)
def test_a_row_that_is_not_well_formed_is_refused_at_its_field(changes, field):
    with pytest.raises(Problem, match="rule_invalid") as refused:
        rule_checks.check(document(row(**changes)))
    assert refused.value.field == field


def test_edits_make_new_documents():
    before = deepcopy(FIRST_RULES)
    more = rule_edits.with_row(FIRST_RULES, row(), table="New", hits="first", number=1, instead=None)
    assert rule_edits.without_row(more, (5, 1)) == FIRST_RULES == before
    with pytest.raises(Problem, match="no_such_row"):
        rule_edits.without_row(FIRST_RULES, (0, 0))
