"""A model version's way to deciding: approved, tried beside the champion, champion, and back; and what each stores."""

import json
import os
import random
import re
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from core import clock
from core.models import Alert
from core.problems import Problem
from risk import disagreement, model_turns, model_versions, report, scoring
from risk.models import ChallengerDecision, Decision, ModelTurn, ModelVersion
from risk.tests import factories
from risk.tests.factories import DOUBTFUL, HOPELESS
from risk.tests.test_rule_sets import desk
from risk.watching import models

pytestmark = pytest.mark.django_db
REPLAYS = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 30
APPLICATION = json.loads((scoring.SCORECARDS / "application-1.json").read_text())


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Nobody signs in by password here, and a slow hash for each of many officers is long."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def second():
    return factories.officer()


def stated(**own):
    """What training wrote of the application scorecard, with other parts of its own."""
    rest = {key: value for key, value in APPLICATION.items() if key not in ("name", "version", "digest")}
    provenance = {**rest["provenance"], "sha256": "0" * 64, "target": "Status", "protected": {}}
    return {**rest, "warnings": [], "fairness": [], "provenance": provenance, **own}


def stricter(points=40):
    """The application scorecard with fewer points for each kind of work."""
    columns = json.loads(json.dumps(APPLICATION["characteristics"]))
    for entry in columns[0]["bins"]:
        entry["points"] -= points
    return stated(characteristics=columns)


def forest():
    """One tree: long terms are risky, small amounts less so."""
    leaf = {"feature": 1, "up_to": 1.0, "missing_left": False, "value": 0.1}
    right = {**leaf, "left": {"value": -0.2}, "right": {"value": 0.9}}
    tree = {"feature": 0, "up_to": 18.5, "missing_left": True, "value": 0.0, "left": {"value": -1.0}, "right": right}
    columns = [{"feature": "term_months", "trend": "ascending"}, {"feature": "amount_to_income", "trend": "ascending"}]
    line = {"intercept": "-2.5", "slope": "1.0"}
    own = stated(columns=columns, trees=[tree], pd=line)
    return {key: value for key, value in own.items() if key != "characteristics"}


def approved(officer, second, trained=None, kind="scorecard", name="later"):
    version = model_versions.register(name=name, kind=kind, trained=trained or stricter())
    model_versions.propose(officer=officer, version=version, why="orders well")
    return model_versions.approve(officer=second, version=version, why="seen its card")


def challenger(officer, second, *given, **more):
    version = approved(officer, second, *given, **more)
    model_turns.challenge(officer=second, version=version, why="try it")
    return version


def champion(officer, second, *given, **more):
    version = challenger(officer, second, *given, **more)
    factories.decided()
    model_turns.let_decide(officer=second, version=version, why="it did well")
    return version


KINDS = [(stricter, "scorecard"), (forest, "gbm")]


@pytest.mark.parametrize(("trained", "kind"), KINDS)
def test_the_champion_decides_and_every_stored_decision_replays_by_its_own(officer, second, trained, kind, capsys):
    before = factories.decided(**DOUBTFUL)
    version = champion(officer, second, trained(), kind=kind)
    after = factories.decided(**DOUBTFUL)
    assert (before.scorecard, after.scorecard) == ("application-1", version.label)
    assert after.scorecard_digest == version.digest
    found = model_versions.load(version.label).evaluate(after.features)
    assert (after.score, after.pd) == (found.points, found.pd) != (before.score, before.pd)
    model_turns.go_back(officer=officer, why="too many declined")
    assert factories.decided(**DOUBTFUL).scorecard == "application-1"
    model_turns.let_decide(officer=officer, version=version, why="it was right: whoever proposed may go back to it")
    assert factories.decided(**DOUBTFUL).scorecard == version.label
    call_command("replay_decision", *Decision.objects.values_list("serial", flat=True))
    assert capsys.readouterr().out.count("identical") == Decision.objects.count()
    section = next(each for each in report.build(after).sections if str(after.score) in f"{each.title}{each.rows}")
    assert len(section.rows) >= 2


def test_decisions_of_three_models_replay_identically(officer, second, capsys):
    chance = random.Random(1)
    versions = [champion(officer, second, trained(), kind=kind, name=kind) for trained, kind in KINDS]
    for number in range(REPLAYS):
        if number % (REPLAYS // 5) == 0:
            turned = [*(version.pk for version in versions), None][number // (REPLAYS // 5) % 3]
            ModelTurn.objects.create(role="champion", version_id=turned, at=clock.now(), by="staff:x", why="y")
        asked = {"term_months": chance.choice([6, 12, 24, 36]), "amount": Decimal(chance.randrange(1000, 90000))}
        factories.decided(**{**chance.choice([{}, DOUBTFUL, HOPELESS]), **asked})
    labels = {"application-1", *(version.label for version in versions)}
    assert set(Decision.objects.values_list("scorecard", flat=True)) == labels
    call_command("replay_decision", newest=REPLAYS)
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == f"{REPLAYS} decisions, all identical" and len(told) == REPLAYS + 1


def test_what_to_replay_must_be_said():
    with pytest.raises(CommandError, match="--newest"):
        call_command("replay_decision")


def test_the_challenger_scores_every_decision_and_changes_none(officer, second):
    alone = factories.decided(**DOUBTFUL)
    version = challenger(officer, second, stricter(100))
    beside = factories.decided(**DOUBTFUL)
    answer = ("outcome", "limit", "annual_rate", "reasons", "score", "pd", "band", "scorecard", "hits")
    assert [getattr(alone, name) for name in answer] == [getattr(beside, name) for name in answer]
    found = ChallengerDecision.objects.get()
    assert (found.decision, found.version, found.failure) == (beside, version, "")
    assert found.score < beside.score and found.pd > beside.pd
    assert (beside.outcome, found.outcome) == ("review", "declined")
    model_turns.end_challenge(officer=second, why="seen enough")
    assert not hasattr(factories.decided(), "challenge")


def test_a_challenger_that_fails_is_noted_and_hurts_nothing(officer, second):
    tree = {"feature": 0, "up_to": 18.5, "missing_left": True, "value": 0.0}
    tree |= {"left": {"value": 1e300}, "right": {"value": 1e300}}
    version = challenger(officer, second, {**forest(), "trees": [tree, tree]}, kind="gbm")
    decision = factories.decided()
    assert (decision.outcome, decision.scorecard) == ("approved", "application-1")
    failed = ChallengerDecision.objects.get(decision=decision)
    assert failed.score is None and failed.failure
    assert disagreement.of(version).failed == 1 and disagreement.of(version).scored == 0
    with pytest.raises(Problem, match="not_tried"):
        model_turns.let_decide(officer=second, version=version, why="all the same")


def test_only_an_approved_and_tried_version_decides_and_not_by_its_proposer(officer, second):
    version = model_versions.register(name="draft", kind="scorecard", trained=stricter())
    for act in (model_turns.challenge, model_turns.let_decide):
        with pytest.raises(Problem, match="not_approved"):
            act(officer=second, version=version, why="x")
    version = approved(officer, second)
    with pytest.raises(Problem, match="not_tried"):
        model_turns.let_decide(officer=second, version=version, why="x")
    model_turns.challenge(officer=officer, version=version, why="try it")
    factories.decided()
    with pytest.raises(Problem, match="same_person"):
        model_turns.let_decide(officer=officer, version=version, why="mine")
    with pytest.raises(Problem, match="reason_missing"):
        model_turns.let_decide(officer=second, version=version, why=" ")
    model_turns.let_decide(officer=second, version=version, why="it did well")
    for act in (model_turns.challenge, model_turns.let_decide):
        with pytest.raises(Problem, match="decides_already"):
            act(officer=second, version=version, why="again")
    assert model_turns.in_force()[1] is None  # nothing is tried beside itself


def test_before_any_champion_there_is_nothing_to_go_back_to(officer):
    with pytest.raises(Problem, match="nothing_before"):
        model_turns.go_back(officer=officer, why="x")


def test_the_database_itself_refuses_a_turn_out_of_order_and_any_change(officer, second):
    draft = model_versions.register(name="draft", kind="scorecard", trained=stricter())
    version = approved(officer, second)
    for turned, words in ((draft, "is not approved"), (version, "was not tried")):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            ModelTurn.objects.create(role="champion", version=turned, at=clock.now(), by="staff:x", why="y")
    model_turns.challenge(officer=officer, version=version, why="try it")
    factories.decided()
    for table, column in (("risk_modelturn", "why"), ("risk_challengerdecision", "failure")):
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"feature": "term_months", "categories": ["a", "b"]}, r"term_months \(a, b\)"),
        ({"feature": "housing", "categories": ["rent", "castle"]}, r"housing \(castle\)"),
        ({"feature": "duration_in_month", "trend": "ascending"}, "duration_in_month"),
    ],
)
def test_a_model_of_what_we_do_not_collect_has_no_turn(officer, second, column, words):
    trained = forest()
    version = approved(officer, second, {**trained, "columns": [column, trained["columns"][1]]}, kind="gbm")
    with pytest.raises(Problem, match="model_inputs") as refused:
        model_turns.challenge(officer=second, version=version, why="try it")
    assert re.search(words, str(refused.value.message))
    assert not ModelTurn.objects.exists()


def test_a_model_altered_past_the_database_decides_nothing(officer, second):
    version = approved(officer, second, stricter(41))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE risk_modelversion DISABLE TRIGGER risk_model_version_kept")
        cursor.execute("UPDATE risk_modelversion SET document = replace(document, 'employment_years', 'shoe_size')")
    with pytest.raises(Problem, match="model_altered"):
        model_turns.challenge(officer=second, version=version, why="try it")
    with pytest.raises(scoring.ScorecardAltered):
        model_versions.load(version.label)
    assert factories.decided().outcome == "approved"


def test_a_champion_altered_past_the_database_is_neither_used_nor_replayed(officer, second):
    version = champion(officer, second, stricter(42))
    decision = factories.decided()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE risk_modelversion DISABLE TRIGGER risk_model_version_kept")
        cursor.execute("UPDATE risk_modelversion SET document = replace(document, '\"points\": 1', '\"points\": 2')")
    model_turns._loaded.cache_clear()  # as in a process that starts now
    with pytest.raises(Problem, match="model_altered"):
        factories.decided()
    with pytest.raises(CommandError, match="altered"):
        call_command("replay_decision", decision.serial)
    model_turns.go_back(officer=officer, why="altered")
    assert factories.decided().scorecard == "application-1"
    assert version.label == decision.scorecard


def test_an_altered_model_raises_one_alert_until_it_is_whole_again(officer, second):
    version = champion(officer, second, stricter(42))
    models.look()
    assert not Alert.objects.filter(kind=models.ALTERED).exists()

    def stored(document):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE risk_modelversion DISABLE TRIGGER risk_model_version_kept")
            cursor.execute("UPDATE risk_modelversion SET document = %s WHERE id = %s", [document, version.pk])

    whole = ModelVersion.objects.get(pk=version.pk).document
    stored(whole.replace("employment_years", "shoe_size"))
    models.look()
    models.look()
    [alert] = Alert.objects.filter(kind=models.ALTERED)
    assert (alert.key, alert.severity, alert.status) == (version.label, Alert.Severity.CRITICAL, "open")
    stored(whole)
    models.look()
    assert Alert.objects.get(pk=alert.pk).status == "cleared"


def test_what_would_differ_is_counted_by_band_and_drawn(officer, second):
    version = challenger(officer, second, stricter(100))
    made = [factories.decided(**who) for who in ({}, {}, DOUBTFUL, HOPELESS)]
    found = disagreement.of(version)
    assert (found.scored, found.failed, found.beside) == (4, 0, ["application-1"])
    assert found.moves["declined", "declined"] == 1 and found.moves["review", "declined"] == 1
    assert found.differ == sum(band.differ for band in found.bands.values()) == 3
    assert sum(band.decisions for band in found.bands.values()) == 4
    assert found.mean_difference == -100 and found.correlation == pytest.approx(1)
    assert {(pair.score, pair.challenger) for pair in found.pairs} == {(one.score, one.score - 100) for one in made}
    page = desk(officer).get(reverse("admin:risk_modelversion_disagreement", args=[version.pk])).content.decode()
    assert page.count("<circle") == 4 and page.count("<rect") == len(found.bands)
    assert "3 (75.0%)" in page and "-100.0" in page


def test_an_officer_tries_crowns_and_goes_back_in_the_admin(officer, second):
    version = approved(officer, second)
    client, card = desk(second), reverse("admin:risk_modelversion_change", args=[version.pk])

    def press(name):
        assert f"/{name.replace('_', '-')}" in client.get(card).content.decode()
        address = reverse(f"admin:risk_modelversion_{name}", args=[version.pk])
        return client.post(address, {"why": "in the admin", "sent": 1})

    assert press("let_decide").status_code == 200  # refused: not tried yet
    assert press("challenge").status_code == 302
    empty = client.get(reverse("admin:risk_modelversion_disagreement", args=[version.pk])).content.decode()
    assert "has not been tried" in empty
    factories.decided()
    assert press("let_decide").status_code == 302
    assert "decides" in client.get(card).content.decode()
    assert factories.decided().scorecard == version.label
    assert press("go_back").status_code == 302
    assert factories.decided().scorecard == "application-1"
    assert ModelVersion.objects.get().turns.count() == 2  # tried, champion; the way back names no version
