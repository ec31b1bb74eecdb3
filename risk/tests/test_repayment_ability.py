"""The behavioural scorecard serves as it was trained, on every row, and knows what it may; a forecast stays as made."""

import datetime as dt
import os
import pickle
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from risk import reasons, repayment_ability, scoring, words
from risk.behaviour import FEATURES, Behaviour, features_of, months_late
from risk.models import RepaymentForecast

BEHAVIOUR = scoring.load("behaviour-1")


def steady(**changes):
    """Somebody who has always paid, with half of the limit in use; or somebody else."""
    known = {
        "months_late": 0,
        "month_ends": (0,) * 6,
        "fell_due": Decimal("2700.00"),
        "paid_of_it": Decimal("2700.00"),
        "limit": Decimal("10000.00"),
        "used": Decimal("5000.00"),
    }
    return Behaviour(**{**known, **changes})


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("optbinning", reason="needs what `make train` installs")
    from risk.training import scorecard, taiwan_data

    try:
        sample = taiwan_data.load()
    except taiwan_data.DataUnavailable as missing:
        pytest.skip(str(missing))
    return sample, scorecard, scorecard.fit(sample.frame, sample.bad, sample.trends)


def test_served_points_equal_the_trained_models_on_every_training_row(training):
    sample, scorecard, model = training
    rows = [
        {name: None if value != value else value for name, value in row.items()}
        for row in sample.frame.to_dict("records")
    ]
    assert len(rows) == 3000
    assert [BEHAVIOUR.evaluate(row).points for row in rows] == scorecard.scores_of(model, sample.frame).tolist()


@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "nightly", reason="trains six times: `make nightly`")
def test_training_again_gives_the_same_file(training):
    call_command("train_scorecard", "--name", "behaviour", "--check")


def test_a_pickle_is_read_without_running_what_it_asks_for(tmp_path):
    pytest.importorskip("pandas", reason="needs what `make train` installs")
    from risk.training import old_frames

    class Malicious:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    old_frames.load(pickle.dumps({"X_train": Malicious()}))
    assert not (tmp_path / "made").exists()


def test_every_feature_has_a_reason_and_a_name():
    assert [column.feature for column in BEHAVIOUR.characteristics] == list(FEATURES)
    for feature in FEATURES:
        assert scoring.reason_code(feature) in reasons.BEHAVIOUR_REASONS
        assert feature in words.FEATURE


@pytest.mark.parametrize(("dpd", "months"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3)])
def test_begun_months_count(dpd, months):
    assert months_late(dpd) == months


def test_features_are_months_and_shares():
    late = steady(months_late=1, month_ends=(2, 1, 0, 0), paid_of_it=Decimal("900.00"), used=Decimal("9000.00"))
    assert list(features_of(late).values()) == [1.0, 2.0, 2.0, 0.3333, 0.9]
    assert list(features_of(steady()).values()) == [0.0, 0.0, 0.0, 1.0, 0.5]
    new = steady(month_ends=(), fell_due=Decimal(0), paid_of_it=Decimal(0))
    assert features_of(new)["paid_share"] is None


amounts = st.decimals(0, 100_000, places=2)
behaviours = st.builds(
    Behaviour,
    months_late=st.integers(0, 8),
    month_ends=st.lists(st.integers(0, 8), max_size=6).map(tuple),
    fell_due=amounts,
    paid_of_it=amounts,
    limit=st.decimals(1, 100_000, places=2),
    used=amounts,
)


def points(behaviour):
    return BEHAVIOUR.evaluate(features_of(behaviour)).points


@given(behaviours, st.integers(1, 5), st.decimals(0, 5_000, places=2))
def test_later_and_more_in_use_never_earns_points_and_more_paid_never_costs(behaviour, months, amount):
    assert points(replace(behaviour, months_late=behaviour.months_late + months)) <= points(behaviour)
    assert points(replace(behaviour, used=behaviour.used + amount)) <= points(behaviour)
    assert points(replace(behaviour, paid_of_it=behaviour.paid_of_it + amount)) >= points(behaviour)


@pytest.mark.django_db
def test_a_forecast_names_its_scorecard_and_reasons_and_cannot_be_changed():
    late = repayment_ability.Due(
        "20261123LN0000000018/3", "20261123CU0000000017", dt.date(2027, 3, 1), steady(months_late=2, month_ends=(2, 1))
    )
    with transaction.atomic():
        [forecast] = repayment_ability.foretell([late], scorecard="behaviour-1")
    assert (forecast.scorecard, forecast.scorecard_digest) == ("behaviour-1", BEHAVIOUR.digest)
    assert forecast.reasons[0] == "SCORE_MONTHS_LATE"
    again = BEHAVIOUR.evaluate(RepaymentForecast.objects.get().features)
    assert (again.points, again.pd, list(again.reasons)) == (forecast.score, forecast.pd, forecast.reasons)
    for change in (lambda: RepaymentForecast.objects.update(pd=0), lambda: RepaymentForecast.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(DatabaseError), transaction.atomic():
        repayment_ability.foretell([late], scorecard="behaviour-1")
