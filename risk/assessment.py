"""A decision's arithmetic: inputs, policy, scorecard in; outcome, limit, rate, reasons out. Pure, so it replays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import ZERO
from risk import fraud, rules
from risk.facts import Hit, Inputs, Outcome, Severity
from risk.features import Feature, features_of
from risk.policy import Policy
from risk.pricing import Price, price
from risk.scoring import MOST_REASONS, Score, Scorecard

# Said to the applicant by the score's own reasons instead, which are specific.
_SAID_BY_SCORE = {"SCORE_TOO_LOW", "SCORE_DOUBTFUL"}


@dataclass(frozen=True)
class Assessment:
    """What the machine finds. For REVIEW, limit and rate are a proposal to the officer; for DECLINED both are zero."""

    outcome: Outcome
    hits: tuple[Hit, ...]
    features: Mapping[str, Feature]
    score: int
    pd: Decimal
    band: str
    limit: Decimal
    annual_rate: Decimal
    reasons: tuple[str, ...]


def assess(inputs: Inputs, policy: Policy, scorecard: Scorecard) -> Assessment:
    """Features → fraud layers → score → rules → limit, rate, reasons."""
    features = features_of(inputs.applicant, inputs.request)
    hits = fraud.check(inputs, policy)
    score = scorecard.evaluate(features)
    hits += rules.check(inputs, policy) + rules.check_score(score, policy)
    offer = price(inputs.applicant, inputs.request, score.pd, policy)
    hits += _check_limit(offer, inputs, policy)
    outcome = _outcome(hits)
    if outcome == Outcome.DECLINED:
        offer = replace(offer, limit=ZERO, annual_rate=Decimal(0))
    return Assessment(
        outcome=outcome,
        hits=tuple(hits),
        features=features,
        score=score.points,
        pd=score.pd,
        band=offer.band,
        limit=offer.limit,
        annual_rate=offer.annual_rate,
        reasons=_reasons(hits, outcome, score),
    )


def _check_limit(offer: Price, inputs: Inputs, policy: Policy) -> list[Hit]:
    if offer.limit < policy.minimum_amount:
        return [Hit("NOT_AFFORDABLE", Severity.DECLINE)]
    if offer.limit < inputs.request.amount:
        return [Hit("LIMIT_BELOW_REQUEST", Severity.NOTE, str(offer.limit))]
    return []


def _outcome(hits: list[Hit]) -> Outcome:
    severities = {hit.severity for hit in hits}
    if Severity.DECLINE in severities:
        return Outcome.DECLINED
    return Outcome.REVIEW if Severity.REVIEW in severities else Outcome.APPROVED


def _reasons(hits: list[Hit], outcome: Outcome, score: Score) -> tuple[str, ...]:
    """Up to four codes: the hits that decided it, then the score's own where the score decided.

    Of an approval: why not more.
    """
    if outcome == Outcome.APPROVED:
        codes = [hit.code for hit in hits if hit.code == "LIMIT_BELOW_REQUEST"]
        return (*codes, *score.reasons)[:MOST_REASONS]
    decisive = Severity.DECLINE if outcome == Outcome.DECLINED else Severity.REVIEW
    codes = [hit.code for hit in hits if hit.severity == decisive]
    by_score = score.reasons if _SAID_BY_SCORE & set(codes) else ()
    return (*(code for code in codes if code not in _SAID_BY_SCORE), *by_score)[:MOST_REASONS]
