"""A decision's arithmetic: inputs and versions in; outcome, limit, rate, reasons out. Pure, so it replays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from core.money import ZERO, round_money
from risk import anomaly, fraud
from risk.facts import Hit, Inputs, Outcome, Severity
from risk.features import Feature, elsewhere_features, features_of, ring_features
from risk.forest import Model
from risk.policy import Policy
from risk.pricing import RATE_PLACES, Price, price
from risk.rules import Caps, Rules
from risk.scoring import MOST_REASONS, Score

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


def assess(inputs: Inputs, policy: Policy, model: Model, rules: Rules) -> Assessment:
    """Features → fraud layers, rarity → score → rules → limit, rate, reasons."""
    features = {**features_of(inputs.applicant, inputs.request), **ring_features(inputs.ring)}
    rare = anomaly.rarity_of(features, policy)
    if rare:
        features["rarity"] = rare.bits
    features |= elsewhere_features(inputs.elsewhere)
    hits = fraud.check(inputs, policy)
    hits += anomaly.check(rare, hits, policy) + _note_silence(inputs)
    score = model.evaluate(features)
    spoken, caps = rules.check(inputs, score)
    hits += spoken
    offer = _capped(price(inputs.applicant, inputs.request, score.pd, policy), caps, inputs, policy)
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
        reasons=_reasons(hits, outcome, score, caps),
    )


def _note_silence(inputs: Inputs) -> list[Hit]:
    """That other lenders were asked and nobody answered: the decision is made without them."""
    elsewhere = inputs.elsewhere
    return [Hit("LENDERS_SILENT", Severity.NOTE)] if elsewhere and elsewhere.lenders is None else []


def _capped(offer: Price, caps: Caps, inputs: Inputs, policy: Policy) -> Price:
    """The offer within the caps: the limit in whole steps, the rate not below the product's range."""
    limit, rate = offer.limit, offer.annual_rate
    if caps.limit is not None:
        limit = min(limit, round_money(caps.limit, policy.limit_step, ROUND_DOWN))
    if caps.annual_rate is not None:
        rate = max(min(rate, caps.annual_rate), inputs.request.minimum_rate).quantize(RATE_PLACES)
    return replace(offer, limit=limit, annual_rate=rate)


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


def _reasons(hits: list[Hit], outcome: Outcome, score: Score, caps: Caps) -> tuple[str, ...]:
    """Up to four codes: the hits that decided it, then the score's own where the score decided.

    Of an approval: why not more.
    """
    if outcome == Outcome.APPROVED:
        less = any(hit.code == "LIMIT_BELOW_REQUEST" for hit in hits)
        codes = [hit.code for hit in hits if less and (hit.code in caps.codes or hit.code == "LIMIT_BELOW_REQUEST")]
        return (*codes, *score.reasons)[:MOST_REASONS]
    decisive = Severity.DECLINE if outcome == Outcome.DECLINED else Severity.REVIEW
    codes = [hit.code for hit in hits if hit.severity == decisive]
    by_score = score.reasons if _SAID_BY_SCORE & set(codes) else ()
    return (*(code for code in codes if code not in _SAID_BY_SCORE), *by_score)[:MOST_REASONS]
