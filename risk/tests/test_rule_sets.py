"""A rule set's life: drafted, backtested, published by another, deciding, in the shadow, rolled back, replayed."""

import datetime as dt
import os
import random
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from core import clock
from core.problems import Problem
from risk import backtests, decisions, reasons, reference_data, rule_drafts, rule_edits, rule_hits, rule_turns
from risk.models import Backtest, Decision, RuleSet, RuleTurn, ShadowDecision
from risk.tests import factories
from risk.tests.factories import DOUBTFUL, FIRST_RULES, HOPELESS
from risk.tests.test_rules import row

pytestmark = pytest.mark.django_db
LIVE, SHADOW = RuleTurn.Role.LIVE, RuleTurn.Role.SHADOW
REPLAYS = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 40
NO_TRAVEL = row(
    "NO_TRAVEL", ['purpose == "travel"', "amount > 5000"], show="amount", en="No travel.", zh="不支持旅游。"
)


@pytest.fixture(autouse=True)
def first_rules(house):
    reference_data.load()


@pytest.fixture
def publisher():
    return factories.officer()


def drafted(officer, extra=NO_TRAVEL):
    changed = rule_edits.with_row(FIRST_RULES, extra, table="Ours", hits="collect", number=1, instead=None)
    return rule_drafts.draft(officer=officer, document=changed)


def backtested(officer, rule_set):
    today = clock.today()
    return backtests.run(officer=officer, rule_set=rule_set, since=today - dt.timedelta(days=30), until=today)


def proposed(officer, extra=NO_TRAVEL):
    rule_set = drafted(officer, extra)
    backtested(officer, rule_set)
    return rule_drafts.propose(officer=officer, rule_set=rule_set, why="losses on travel")


def published(officer, publisher, role=LIVE, extra=NO_TRAVEL, **more):
    rule_set = proposed(officer, extra)
    return rule_drafts.publish(officer=publisher, rule_set=rule_set, why="agreed", role=role, **more)


def test_one_drafts_another_publishes_and_the_next_application_is_decided_by_it(officer, publisher):
    before = factories.decided(purpose="travel")
    rule_set = published(officer, publisher)
    after = factories.decided(purpose="travel")
    assert (before.outcome, before.rules) == ("approved", "rules-1")
    assert (after.outcome, after.reasons, after.rules) == ("declined", ["NO_TRAVEL"], rule_set.label)
    assert after.rules_digest == rule_set.digest
    with override("en"):
        assert reasons.for_staff("NO_TRAVEL") == "No travel."
    with override("zh-hans"):
        assert reasons.for_customer(after.reasons) == ["不支持旅游。"]
    assert decisions.replay(before).identical and decisions.replay(after).identical
    assert rule_hits.rates(rule_set) == (1, {"NO_TRAVEL": 1})


def test_the_author_is_refused_by_the_use_case_and_by_the_database(officer):
    rule_set = proposed(officer)
    with pytest.raises(Problem, match="same_person"):
        rule_drafts.publish(officer=officer, rule_set=rule_set, why="mine", role=LIVE)
    rule_set.refresh_from_db()
    with pytest.raises(IntegrityError, match="not published by its author"), transaction.atomic():
        rule_set.publish(by=rule_set.authors[0], why="mine")


def test_publishing_needs_a_backtest_of_exactly_the_content(officer):
    rule_set = drafted(officer)
    with pytest.raises(Problem, match="not_backtested"):
        rule_drafts.propose(officer=officer, rule_set=rule_set, why="now")
    backtested(officer, rule_set)
    rule_drafts.edit(officer=officer, rule_set=rule_set, document=FIRST_RULES)
    with pytest.raises(Problem, match="not_backtested"):
        rule_drafts.propose(officer=officer, rule_set=rule_set, why="now")
    rule_set.refresh_from_db()
    assert rule_set.status == "draft"
    with transaction.atomic():
        rule_set.propose(by="staff:somebody", why="past the use case")
    with pytest.raises(IntegrityError, match="has no backtest of its content"), transaction.atomic():
        rule_set.publish(by="staff:other", why="past the use case")


def test_the_database_keeps_what_was_published_and_said(officer, publisher):
    rule_set = published(officer, publisher)
    for table, column in (("risk_ruleset", "digest"), ("risk_backtest", "digest"), ("risk_ruleturn", "why")):
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    unpublished = drafted(officer, row("OTHER_RULE", ["amount > 3"]))
    with pytest.raises(IntegrityError, match="is not published"), transaction.atomic():
        RuleTurn.objects.create(role=LIVE, rule_set=unpublished, effective_at=clock.now(), by="staff:x", why="y")
    assert RuleSet.objects.get(pk=rule_set.pk).status == "published"


def test_an_author_does_not_let_own_rules_decide_but_may_go_back_to_them(officer, publisher):
    rule_set = published(officer, publisher, SHADOW)
    with pytest.raises(Problem, match="same_person"):
        rule_turns.turn(officer=officer, rule_set=rule_set, role=LIVE, why="it did well")
    with pytest.raises(IntegrityError, match="not put in force by its author"), transaction.atomic():
        author = rule_set.authors[0]
        RuleTurn.objects.create(role=LIVE, rule_set=rule_set, effective_at=clock.now(), by=author, why="y")
    rule_turns.turn(officer=publisher, rule_set=rule_set, role=LIVE, why="it did well")
    assert factories.decided(purpose="travel").outcome == "declined"
    first = RuleSet.objects.get(version=1)
    rule_turns.turn(officer=officer, rule_set=first, role=LIVE, why="too many declined")
    assert factories.decided(purpose="travel").rules == "rules-1"
    rule_turns.turn(officer=officer, rule_set=rule_set, role=LIVE, why="it was right")
    assert factories.decided(purpose="travel").rules == rule_set.label


def test_in_the_shadow_it_is_recorded_and_has_no_effect(officer, publisher):
    rule_set = published(officer, publisher, SHADOW)
    decision = factories.decided(purpose="travel")
    factories.decided()
    assert (decision.outcome, decision.rules) == ("approved", "rules-1")
    shadow = ShadowDecision.objects.get(decision=decision)
    assert (shadow.outcome, shadow.limit, shadow.rule_set) == ("declined", Decimal(0), rule_set)
    found = rule_hits.in_shadow(rule_set)
    assert (found.decisions, found.changed, found.moves) == (
        2,
        1,
        {"approved>declined": 1, "approved>approved": 1},
    )
    rule_turns.end_shadow(officer=publisher, why="seen enough")
    assert not hasattr(factories.decided(), "shadow")


def test_it_begins_on_its_day_and_a_later_word_replaces_it(officer, publisher):
    tomorrow = clock.today() + dt.timedelta(days=1)
    rule_set = published(officer, publisher, effective_from=tomorrow)
    assert rule_turns.in_force()[0].label == "rules-1"
    clock.move_to(clock.start_of_day(tomorrow), by="test")
    assert rule_turns.in_force()[0].label == rule_set.label
    with pytest.raises(Problem, match="date_past"):
        yesterday = tomorrow - dt.timedelta(days=1)
        rule_turns.turn(officer=publisher, rule_set=rule_set, role=LIVE, why="x", effective_from=yesterday)


def test_a_backtest_says_what_would_change(officer):
    travel = [factories.decided(purpose="travel") for _ in range(2)]
    factories.decided()
    factories.decided(purpose="travel", **HOPELESS)
    backtest = backtested(officer, drafted(officer))
    found = backtests.result_of(backtest)
    assert (found.decisions, found.in_period, found.changed) == (4, 4, 2)
    assert found.moves == {"approved>declined": 2, "approved>approved": 1, "declined>declined": 1}
    assert (found.share("approved", after=False), found.share("approved", after=True)) == (0.75, 0.25)
    assert found.hits["NO_TRAVEL"] == 3 and "NO_TRAVEL" not in found.hits_before
    assert {one["serial"] for one in found.examples} == {decision.serial for decision in travel}
    assert Decision.objects.count() == 4


def test_a_backtest_of_an_empty_period_shows_nothing_and_is_refused(officer):
    factories.decided()
    rule_set, old = drafted(officer), dt.date(2020, 1, 1)
    with pytest.raises(Problem, match="nothing_to_compare"):
        backtests.run(officer=officer, rule_set=rule_set, since=old, until=old)
    assert not Backtest.objects.filter(rule_set=rule_set).exists()


def test_a_published_code_keeps_its_words(officer, publisher):
    published(officer, publisher)
    with pytest.raises(Problem, match="rules_contradict"):
        drafted(officer, {**NO_TRAVEL, "en": "Something else."})


def test_caps_lower_the_offer_and_are_its_reason(officer, publisher):
    small = row("SMALL_FIRST", ["exposure == 0"], "cap_limit", cap="5050", en="Small at first.", zh="首次额度较小。")
    published(officer, publisher, extra=small)
    decision = factories.decided()
    assert (decision.outcome, decision.limit) == ("approved", Decimal("5000.00"))
    assert decision.reasons[:2] == ["SMALL_FIRST", "LIMIT_BELOW_REQUEST"]
    assert decisions.replay(decision).identical


def test_stored_decisions_replay_identically(officer, publisher):
    chance = random.Random(1)
    published(officer, publisher)
    first = RuleSet.objects.get(version=1)
    for number in range(REPLAYS):
        if number == REPLAYS // 2:
            rule_turns.turn(officer=publisher, rule_set=first, role=LIVE, why="back")
        asked = {"purpose": chance.choice(["travel", "everyday"]), "amount": Decimal(chance.randrange(1000, 90000))}
        factories.decided(**{**chance.choice([{}, DOUBTFUL, HOPELESS]), **asked})
    stored = Decision.objects.all()
    assert set(stored.values_list("rules", flat=True)) == {"rules-1", "rules-2"}
    assert [row.serial for row in stored if not decisions.replay(row).identical] == []


def test_a_decision_from_before_rules_were_versions_replays_by_the_first():
    decision = factories.decided()
    decision.rules = decision.rules_digest = ""
    assert decisions.replay(decision).identical


def test_rules_that_were_altered_are_not_replayed():
    decision = factories.decided()
    decision.rules_digest = "0" * 64
    with pytest.raises(Problem, match="version_altered"):
        decisions.replay(decision)


def desk(officer):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_admin_refuses_a_rule_that_contradicts_and_publishes_nothing(officer):
    client, rule_set = desk(officer), drafted(officer)
    address = reverse("admin:risk_ruleset_put_rule", args=[rule_set.pk])
    never = {"table": "Ours", "hits": "collect", "number": 1, "sent": 1, **NO_TRAVEL, "code": "NEVER_HITS"}
    page = client.post(address, {**never, "when": "amount > 5\namount < 5"})
    assert "Table “Ours”, row 1 (NEVER_HITS): its conditions exclude each other" in page.content.decode()
    page = client.post(address, {**never, "when": "shoe_size > 40"})
    assert "There is no input “shoe_size”" in page.content.decode()
    rule_set.refresh_from_db()
    assert (rule_set.status, len(rule_set.document["tables"])) == ("draft", 5)


def test_rows_are_changed_and_removed_in_the_admin(officer):
    client, rule_set = desk(officer), drafted(officer)
    page = client.get(reverse("admin:risk_ruleset_change", args=[rule_set.pk])).content.decode()
    assert "?at=5.1" in page and "NO_TRAVEL" in page
    form = client.get(reverse("admin:risk_ruleset_put_rule", args=[rule_set.pk]) + "?at=5.1")
    filled = {name: form.context["form"].initial.get(name, "") for name in form.context["form"].fields}
    address = form.request["PATH_INFO"] + "?at=5.1"
    assert client.post(address, {**filled, "when": "amount > 7000", "sent": 1}).status_code == 302
    rule_set.refresh_from_db()
    assert rule_set.document["tables"][4]["rules"][0]["when"] == ["amount > 7000"]
    remove = reverse("admin:risk_ruleset_remove_rule", args=[rule_set.pk]) + "?at=5.1"
    assert client.post(remove, {"sent": 1}).status_code == 302
    rule_set.refresh_from_db()
    assert rule_set.document == FIRST_RULES
