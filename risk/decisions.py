"""Decide, once, on one immutable row; and decide again from that row, to show that the answer is the same."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

from core import actors, clock
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction
from risk import lookups, policy, review, scoring, stored_inputs
from risk.assessment import Assessment, assess
from risk.facts import Applicant, CreditRequest, Inputs, Outcome
from risk.models import Decision, Trace
from risk.policy import Policy
from risk.scoring import Scorecard

ENGINE = actors.system("decision-engine")


def decide(*, applicant: Applicant, request: CreditRequest) -> Decision:
    """The machine's decision on a request, part of the caller's transaction. Asked again, it answers the same.

    The outcome is approved, declined or review; review also opens a case in the review queue, whose officer's decision
    is announced by core.registry.decision_finalised under `request.subject`. The limit may be below the amount asked
    for.
    """
    require_transaction("deciding")
    known = Decision.objects.filter(subject=request.subject, reference=request.reference, basis=None).first()
    if known:
        return known
    begun = time.perf_counter()
    rules = policy.in_force(clock.today())
    scorecard = scoring.load(rules.scorecard)
    inputs = _look_up(applicant, request, rules)
    looked_up = time.perf_counter()
    found = assess(inputs, rules, scorecard)
    timings = {
        "lookups": _microseconds(begun, looked_up),
        "evaluation": _microseconds(looked_up, time.perf_counter()),
    }
    decision = _write(inputs, found, rules, scorecard, timings)
    if found.outcome == Outcome.REVIEW:
        review.open_case(decision=decision, within_hours=rules.review_hours)
    return decision


def _look_up(applicant: Applicant, request: CreditRequest, rules: Policy) -> Inputs:
    return Inputs(
        applicant=applicant,
        request=request,
        asked_on=clock.today(),
        watchlist=lookups.watchlist_matches(applicant),
        velocity=lookups.velocity(applicant, request, rules),
    )


def _microseconds(begun: float, ended: float) -> int:
    return round((ended - begun) * 1_000_000)


def _write(inputs: Inputs, found: Assessment, rules: Policy, scorecard: Scorecard, timings: dict[str, int]) -> Decision:
    applicant, request, at = inputs.applicant, inputs.request, clock.now()
    decision = Decision.objects.create(
        serial=next_serial(Serial.DECISION),
        subject=request.subject,
        reference=request.reference,
        customer_serial=applicant.customer_serial,
        decided_by=ENGINE,
        decided_at=at,
        inputs=stored_inputs.dump(inputs),
        scorecard=scorecard.label,
        scorecard_digest=scorecard.digest,
        policy=rules.label,
        policy_digest=rules.digest,
        timings=timings,
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

    Raises Problem `version_altered` when the policy or scorecard is no longer what it was.
    """
    stored = decision.basis or decision
    rules, scorecard = policy.load(stored.policy), scoring.load(stored.scorecard)
    if (rules.digest, scorecard.digest) != (stored.policy_digest, stored.scorecard_digest):
        raise Problem("version_altered", "The policy or scorecard has been altered since.", status=409)
    again = _findings(assess(stored_inputs.load(stored.inputs), rules, scorecard))
    differing = {
        name: (getattr(stored, name), value) for name, value in again.items() if getattr(stored, name) != value
    }
    return Replay(stored, differing)
