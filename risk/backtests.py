"""What last month would have been: a draft's rules on stored decisions, before anybody publishes them."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.problems import Problem
from risk import model_versions, policy, rules, stored_inputs
from risk.assessment import Assessment, assess
from risk.models import Backtest, Decision, RuleSet
from risk.rules import Rules

DRAFT = "risk.draft_ruleset"
MOST = 20_000  # decisions, the newest of the period: some seconds
EXAMPLES = 20
DAY = dt.timedelta(days=1)
_NEEDED = ("serial", "inputs", "outcome", "limit", "annual_rate", "policy", "scorecard", "hits")


@dataclass
class Comparison:
    """How one rule set would have decided beside what was decided. Moves: `approved>declined` → how many."""

    decisions: int = 0
    in_period: int = 0
    moves: Counter[str] = field(default_factory=Counter)  # every decision is one move, if only to where it was
    other_limit: int = 0  # of those whose outcome stays
    other_rate: int = 0
    hits: Counter[str] = field(default_factory=Counter)  # code → decisions on which it would have spoken
    hits_before: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Decisions whose outcome would have been another."""
        return sum(count for move, count in self.moves.items() if len(set(move.split(">"))) > 1)

    def share(self, outcome: str, *, after: bool) -> float | None:
        """The share of decisions with an outcome, before or after."""
        place = 1 if after else 0
        count = sum(count for move, count in self.moves.items() if move.split(">")[place] == outcome)
        return count / self.decisions if self.decisions else None

    def add(self, serial: str, before: "Answer", after: "Answer") -> None:
        """Count one decision."""
        self.decisions += 1
        self.moves[f"{before.outcome}>{after.outcome}"] += 1
        self.hits_before.update(before.codes)
        self.hits.update(after.codes)
        moved = before.outcome != after.outcome
        limit, rate = before.limit != after.limit, before.annual_rate != after.annual_rate
        self.other_limit += limit and not moved
        self.other_rate += rate and not moved
        if (moved or limit or rate) and len(self.examples) < EXAMPLES:
            self.examples.append({"serial": serial, "before": before.shown, "after": after.shown})


@dataclass(frozen=True)
class Answer:
    """What is compared of a decision."""

    outcome: str
    limit: Any
    annual_rate: Any
    codes: frozenset[str]

    @property
    def shown(self) -> list[str]:
        """Outcome, limit in yuan and annual rate, as JSON keeps them."""
        return [self.outcome, str(self.limit), str(self.annual_rate)]


def answer_of(row: Any) -> Answer:
    """What a stored decision, by the machine or in the shadow, answers."""
    return Answer(row.outcome, row.limit, row.annual_rate, frozenset(hit["code"] for hit in row.hits))


def run(*, officer: User, rule_set: RuleSet, since: dt.date, until: dt.date) -> Backtest:
    """Decide again, by a draft's rules as they are saved, what the machine decided in a period of business dates.

    Every other version, the policy and scorecard of each decision, stays. Raises Problem: not_permitted (403),
    period_invalid, nothing_to_compare.
    """
    actor = roles.actor(officer, DRAFT)
    if since > until:
        raise Problem("period_invalid", _("The period ends before it begins."), field="until")
    if Decision.objects.exists() and not _decided(since, until).exists():
        message = _("Nothing was decided in this period: choose another.")
        raise Problem("nothing_to_compare", message, field="since")
    return keep(RuleSet.objects.get(pk=rule_set.pk), since=since, until=until, by=actor)


def keep(rule_set: RuleSet, *, since: dt.date, until: dt.date, by: str) -> Backtest:
    """Compare and store the result."""
    found = compare(rules.compiled(rule_set.document, label=rule_set.label), since=since, until=until)
    return Backtest.objects.create(
        rule_set=rule_set,
        digest=rule_set.digest,
        since=since,
        until=until,
        result=vars(found),
        by=by,
        at=clock.real_now(),
    )


def compare(by: Rules, *, since: dt.date, until: dt.date) -> Comparison:
    """The newest decisions of the period, decided again by these rules."""
    found = Comparison()
    decided = _decided(since, until)
    for stored in decided.order_by("-decided_at").only(*_NEEDED)[:MOST].iterator(chunk_size=1000):
        found.add(stored.serial, answer_of(stored), _again(stored, by))
    found.in_period = found.decisions if found.decisions < MOST else decided.count()
    return found


def of_content(rule_set: RuleSet) -> Backtest | None:
    """The newest backtest of exactly what the rule set holds now."""
    return rule_set.backtests.filter(digest=rule_set.digest).order_by("-id").first()


def result_of(backtest: Backtest) -> Comparison:
    """Its result again."""
    stored = backtest.result
    counters = {name: Counter(stored[name]) for name in ("moves", "hits", "hits_before")}
    return Comparison(**{**stored, **counters})


def _again(stored: Decision, by: Rules) -> Answer:
    inputs = stored_inputs.load(stored.inputs)
    found: Assessment = assess(inputs, policy.load(stored.policy), model_versions.load(stored.scorecard), by)
    return Answer(str(found.outcome), found.limit, found.annual_rate, frozenset(hit.code for hit in found.hits))


def _decided(since: dt.date, until: dt.date) -> QuerySet[Decision]:
    begin, end = clock.start_of_day(since), clock.start_of_day(until + DAY)
    return Decision.objects.filter(basis=None, decided_at__gte=begin, decided_at__lt=end)
