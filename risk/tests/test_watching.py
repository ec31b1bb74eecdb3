"""Watching: calm days stay calm, what is planted raises the right alert, and the alert ends with its cause."""

import datetime as dt
import os
import random
from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from core.models import Alert
from risk.models import Decision, Figure, WatchedDay
from risk.tests import factories
from risk.tests.simulated import FATES, ONE_DAY, Simulation
from risk.watching import bursts, chance, days

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SEEDS = range(20) if NIGHTLY else range(1)
BASELINE = 28
CALM = 200 if NIGHTLY else 30  # decisions a day


@pytest.fixture
def simulation(request):
    made = Simulation(getattr(request, "param", 1))
    FATES.simulation, FATES.worse, FATES.early_from = made, 1.0, dt.date.max
    return made


def watch(first, number):
    """Watch so many days from `first`, whatever day it is now."""
    for day in range(number):
        days.watch_day((first + day * ONE_DAY).isoformat())


def alerts_raised():
    return set(Alert.objects.values_list("kind", "key"))


def start(number):
    """A day so long ago that `number` days from it are over."""
    return clock.today() - number * ONE_DAY


@pytest.mark.django_db
@pytest.mark.parametrize("simulation", SEEDS, indirect=True)
def test_thirty_calm_days_raise_nothing(simulation):
    first = start(BASELINE + 30)
    for day in range(BASELINE + 30):
        simulation.day(first + day * ONE_DAY, number=CALM)
        # Loans whose year, and whose first three months, are up within these days.
        for age in (365, 390, 92, 118, 300):
            simulation.lend(first + (day - age) * ONE_DAY, number=CALM // 4)
    watch(first, BASELINE + 30)
    assert alerts_raised() == set()
    judged = set(Figure.objects.values_list("measure", flat=True))
    assert judged == {
        "approval_rate",
        "score_drift",
        "feature_drift",
        "hit_rate",
        "latency",
        "calibration",
        "early_defaults",
    }


@pytest.mark.django_db
def test_planted_drift_raises_the_features_and_the_score_and_ends(simulation):
    first = start(BASELINE + 12)
    for day in range(BASELINE + 12):
        simulation.day(first + day * ONE_DAY, number=100, poorer=BASELINE + 1 <= day < BASELINE + 4)
    watch(first, BASELINE + 1)
    assert alerts_raised() == set()
    watch(first + (BASELINE + 1) * ONE_DAY, 3)
    raised = alerts_raised()
    assert {("watching_feature_drift", name) for name in ("amount_to_income", "employment_years")} <= raised
    assert ("watching_score_drift", "all") in raised
    assert not raised & {("watching_feature_drift", "housing"), ("watching_feature_drift", "employment")}
    assert ("watching_calibration", "application-1") not in raised
    watch(first + (BASELINE + 4) * ONE_DAY, 8)
    assert set(Alert.objects.values_list("status", flat=True)) == {"cleared"}


@pytest.mark.django_db
def test_planted_calibration_loss_is_seen_though_the_scores_have_not_moved(simulation):
    today = start(1)
    for day in range(365, 365 + 28):
        simulation.lend(today - day * ONE_DAY, number=40)
    FATES.worse = 1.7
    watch(today, 1)
    alert = Alert.objects.get()
    assert (alert.kind, alert.key, alert.severity) == ("watching_calibration", "application-1", 3)
    assert Figure.objects.get(measure="calibration").value == pytest.approx(1.7, abs=0.35)


@pytest.mark.django_db
def test_loans_that_are_late_at_once_are_seen_within_months(simulation):
    today = start(1)
    for day in range(92, 92 + 28 + 180):
        simulation.lend(today - day * ONE_DAY, number=30)
    watch(today - ONE_DAY, 1)
    assert alerts_raised() == set()
    FATES.early_from = today - (92 + 28) * ONE_DAY
    watch(today, 1)
    assert alerts_raised() == {("watching_early_defaults", "risk_simulation")}


@pytest.mark.django_db
def test_rules_that_hit_more_often_are_named(simulation):
    first = start(BASELINE + 2)
    for day in range(BASELINE + 1):
        simulation.day(first + day * ONE_DAY, number=100)
    simulation.day(first + (BASELINE + 1) * ONE_DAY, number=300, more_hits=6.0)
    watch(first, BASELINE + 1)
    assert alerts_raised() == set()
    watch(first + (BASELINE + 1) * ONE_DAY, 1)
    assert alerts_raised() == {("watching_hit_rate", code) for code in ("DEVICE_SHARED", "INCOME_PROOF_MISSING")}


@pytest.mark.django_db
def test_fewer_approvals_and_slower_decisions_are_seen_too(simulation):
    first = start(BASELINE + 2)
    for day in range(BASELINE + 1):
        simulation.day(first + day * ONE_DAY, number=40)
    simulation.milliseconds = 300.0
    simulation.day(first + (BASELINE + 1) * ONE_DAY, number=150, poorer=True)
    watch(first, BASELINE + 2)
    assert alerts_raised() >= {("watching_approval_rate", "all"), ("watching_latency", "all")}


@pytest.mark.django_db
def test_a_burst_is_seen_within_the_hour_and_a_busy_day_is_none(simulation):
    now, today = clock.now(), clock.today()
    for day in range(1, 15):
        simulation.day(today - day * ONE_DAY, number=100)
    watch(today - 14 * ONE_DAY, 14)
    days.watch_bursts("now")
    assert alerts_raised() == set()
    rows = [simulation._decision(now, poorer=False, more_hits=50.0) for _ in range(40)]
    for number, row in enumerate(rows):
        row.decided_at = now - dt.timedelta(minutes=number)
    Decision.objects.bulk_create(rows)
    days.watch_bursts("now")
    assert alerts_raised() == {("fraud_burst", "all"), ("application_burst", "all")}


def test_the_detector_is_calm_for_months_and_quick_when_it_counts():
    random_ = random.Random(7)
    poisson = lambda mean: sum(random_.random() < mean / 50 for _ in range(50))  # noqa: E731
    calm = [bursts.Slot(poisson(0.5), 0.5) for _ in range(200 if not NIGHTLY else 20_000)]
    assert max(bursts.detect(calm[:end]).level for end in range(1, len(calm), 7)) < bursts.LIMIT
    planted = [*calm[-100:], *(bursts.Slot(poisson(5), 0.5) for _ in range(6))]
    assert bursts.detect(planted).alarming


@pytest.mark.parametrize("number", [50, 200, 1000])
def test_the_index_stays_within_chance_at_every_size_of_sample(number):
    random_ = random.Random(number)
    draw = lambda size: Counter(chance.fine_bin(random_.gauss(560, 40)) for _ in range(size))  # noqa: E731
    base = draw(5_000)
    within = 0
    windows = 1_000 if NIGHTLY else 100
    for _ in range(windows):
        pairs = chance.coarsen(base, draw(number))
        assert all(expected >= 5 * 5_000 / number for expected, _now in pairs[:-1])
        within += chance.psi(pairs) <= max(0.1, chance.chance_psi(pairs))
    assert within == windows
    drifted = Counter(chance.fine_bin(random_.gauss(510, 40)) for _ in range(number))
    pairs = chance.coarsen(base, drifted)
    assert chance.psi(pairs) > max(0.1, chance.chance_psi(pairs))


def test_more_than_chance_is_what_hoeffding_says():
    assert chance.share_changed(300, 1000, 2000, 10_000)
    assert not chance.share_changed(23, 100, 2000, 10_000)
    assert chance.count_changed(170, 100.0)
    assert not chance.count_changed(125, 100.0)
    assert chance.percentile({"1": 98, "9": 1, "80": 1}, 0.99) == 9.0


@pytest.mark.django_db
def test_a_day_is_watched_once_and_not_before_it_is_over(simulation):
    day = start(2)
    simulation.day(day, number=60)
    days.start_what_is_due()
    watch(day, 1)
    watch(day, 1)
    assert WatchedDay.objects.get().decisions == 60
    with pytest.raises(ValueError, match="not over"):
        days.watch_day(clock.today().isoformat())


@pytest.mark.django_db
def test_the_page_shows_plots_to_risk_officers_alone(simulation):
    first = start(BASELINE + 8)
    for day in range(BASELINE + 8):
        simulation.day(first + day * ONE_DAY, number=20)
    watch(first, BASELINE + 8)
    address = reverse("admin:risk_watchedday_changelist")
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(factories.officer())
    page = client.get(address).content.decode()
    assert page.count("<svg") >= 8
    assert "amount asked for, in months of income" in page
    client.force_login(factories.officer(factories.Role.FINANCE_OFFICER))
    assert client.get(address).status_code == 403
