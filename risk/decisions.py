"""Decide, once, on one immutable row; and decide again from that row, to show that the answer is the same."""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db.models import QuerySet

from core import actors, clock
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction
from risk import challenges, lookups, model_turns, model_versions, policy, review, rule_turns, stored_inputs
from risk.assessment import Assessment, assess
from risk.facts import Applicant, CreditRequest, Elsewhere, Inputs, Outcome
from risk.forest import Model
from risk.models import Decision, RuleSet, ShadowDecision, Trace
from risk.policy import Policy
from risk.rules import Rules
from risk.scoring import ScorecardAltered

ENGINE = actors.system("decision-engine")
# A decision from before rules were versions names none.
_BEFORE_RULES = {"rules": "", "rules_digest": ""}


def decide(*, applicant: Applicant, request: CreditRequest, elsewhere: Elsewhere | None = None) -> Decision:
    """The machine's decision on a request, part of the caller's transaction. Asked again, it answers the same.

    The outcome is approved, declined or review; review also opens a case in the review queue, whose officer's decision
    is announced by core.registry.decision_finalised under `request.subject`. The limit may be below the amount asked
    for. `elsewhere` is what other lenders said, asked before (risk.sharing.asking): no call is made in here.
    """
    require_transaction("deciding")
    known = Decision.objects.filter(subject=request.subject, reference=request.reference, basis=None).first()
    if known:
        return known
    begun = time.perf_counter()
    by, shadow, challenger = _in_force()
    inputs = replace(_look_up(applicant, request, by.policy), elsewhere=elsewhere)
    looked_up = time.perf_counter()
    found = by.assess(inputs)
    timings = {
        "lookups": _microseconds(begun, looked_up),
        "evaluation": _microseconds(looked_up, time.perf_counter()),
    }
    decision = _write(inputs, found, by, timings)
    if shadow:
        _write_shadow(decision, shadow.label, replace(by, rules=shadow).assess(inputs))
    if challenger:
        challenges.run(decision, challenger, lambda model: replace(by, model=model).assess(inputs))
    if found.outcome == Outcome.REVIEW:
        review.open_case(decision=decision, within_hours=by.policy.review_hours)
    return decision


@dataclass(frozen=True)
class Versions:
    """All that decides besides the inputs, each in one version."""

    policy: Policy
    model: Model
    rules: Rules

    def assess(self, inputs: Inputs) -> Assessment:
        """What these versions find."""
        return assess(inputs, self.policy, self.model, self.rules)

    @property
    def stored(self) -> dict[str, str]:
        """As columns of a decision."""
        return {
            "scorecard": self.model.label,
            "scorecard_digest": self.model.digest,
            "policy": self.policy.label,
            "policy_digest": self.policy.digest,
            "rules": self.rules.label,
            "rules_digest": self.rules.digest,
        }


def _in_force() -> tuple[Versions, Rules | None, model_turns.Turn | None]:
    """What decides now, and the rules and the model that are tried beside it."""
    today = policy.in_force(clock.today())
    live, shadow = rule_turns.in_force()
    champion, challenger = model_turns.in_force()
    model = champion.load() if champion else model_versions.load(today.scorecard)
    return Versions(today, model, live), shadow, challenger


def _look_up(applicant: Applicant, request: CreditRequest, rules: Policy) -> Inputs:
    now = clock.now()
    velocity, ring = lookups.others(applicant, request, rules, now)
    return Inputs(
        applicant=applicant,
        request=request,
        asked_on=clock.business_date_of(now),
        watchlist=lookups.watchlist_matches(applicant),
        velocity=velocity,
        ring=ring,
    )


def _microseconds(begun: float, ended: float) -> int:
    return round((ended - begun) * 1_000_000)


def _write(inputs: Inputs, found: Assessment, by: Versions, timings: dict[str, int]) -> Decision:
    applicant, request, at = inputs.applicant, inputs.request, clock.now()
    decision = Decision.objects.create(
        serial=next_serial(Serial.DECISION),
        subject=request.subject,
        reference=request.reference,
        customer_serial=applicant.customer_serial,
        decided_by=ENGINE,
        decided_at=at,
        inputs=stored_inputs.dump(inputs),
        timings=timings,
        **by.stored,
        **_findings(found),
    )
    Trace.objects.bulk_create(
        Trace(
            decision=decision,
            kind=kind,
            index=index,
            customer_serial=applicant.customer_serial,
            reference=request.reference,
            at=at,
        )
        for kind, index in applicant.traces
    )
    return decision


def _write_shadow(decision: Decision, label: str, found: Assessment) -> None:
    findings = _findings(found)
    ShadowDecision.objects.create(
        decision=decision,
        rule_set=RuleSet.objects.only("pk").get(version=rule_turns.version_of(label)),
        **{name: findings[name] for name in ("outcome", "limit", "annual_rate", "hits")},
    )


def _findings(found: Assessment) -> dict[str, Any]:
    """An assessment as the columns of a decision."""
    return {
        "outcome": str(found.outcome),
        "limit": found.limit,
        "annual_rate": found.annual_rate,
        "reasons": list(found.reasons),
        "score": found.score,
        "pd": found.pd,
        "band": found.band,
        "features": dict(found.features),
        "hits": [{**asdict(hit), "severity": str(hit.severity)} for hit in found.hits],
    }


def of_customer(customer_serial: str) -> QuerySet[Decision]:
    """The decisions about a customer, newest first."""
    return Decision.objects.filter(customer_serial=customer_serial).order_by("-id")


def newest_by_machine(number: int) -> list[str]:
    """The serials of the machine's newest decisions, newest first."""
    made = Decision.objects.filter(basis=None).order_by("-id")
    return list(made.values_list("serial", flat=True)[:number])


@dataclass(frozen=True)
class Replay:
    """A stored decision made again: what differs, as column → (stored, now). Nothing, if it is sound."""

    decision: Decision
    differences: dict[str, tuple[Any, Any]]

    @property
    def identical(self) -> bool:
        """Whether the same came out."""
        return not self.differences


def replay(decision: Decision) -> Replay:
    """Make a stored decision again from its inputs, under the versions it names; a person's, the one it was based on.

    Raises Problem `version_altered` when the policy, scorecard or rule set is no longer what it was.
    """
    stored = decision.basis or decision
    altered = Problem("version_altered", "The policy, scorecard or rule set has been altered since.", status=409)
    try:
        model = model_versions.load(stored.scorecard)
    except ScorecardAltered:
        raise altered from None
    by = Versions(policy.load(stored.policy), model, rule_turns.load(stored.rules))
    if any(getattr(stored, name) not in (value, _BEFORE_RULES.get(name)) for name, value in by.stored.items()):
        raise altered
    try:
        again = _findings(by.assess(stored_inputs.load(stored.inputs)))
    except ScorecardAltered:
        raise altered from None
    differing = {
        name: (getattr(stored, name), value) for name, value in again.items() if getattr(stored, name) != value
    }
    return Replay(stored, differing)
