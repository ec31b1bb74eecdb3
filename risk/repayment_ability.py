"""Repayment ability: who will probably not pay what falls due soon, foretold from how they have repaid so far.

Whoever knows what falls due asks, for many at once; a forecast is an immutable row that names the scorecard, by label
and digest, the features and the reasons.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from core import clock
from core.transactions import require_transaction
from risk import scoring
from risk.behaviour import Behaviour, features_of
from risk.models import RepaymentForecast


@dataclass(frozen=True)
class Due:
    """Something that falls due: the asker's own reference, who owes it, when, and how they have repaid so far."""

    reference: str
    customer_serial: str
    due_date: dt.date
    behaviour: Behaviour


def foretell(dues: Sequence[Due], *, scorecard: str) -> list[RepaymentForecast]:
    """Write a forecast for each by the scorecard of this label, as part of the caller's transaction.

    None of the references may have one already. Raises FileNotFoundError, or scoring.ScorecardAltered.
    """
    require_transaction("foretelling")
    model, today = scoring.load(scorecard), clock.today()
    return RepaymentForecast.objects.bulk_create(_forecast(due, model, today) for due in dues)


def _forecast(due: Due, model: scoring.Scorecard, today: dt.date) -> RepaymentForecast:
    features = features_of(due.behaviour)
    score = model.evaluate(features)
    return RepaymentForecast(
        reference=due.reference,
        customer_serial=due.customer_serial,
        due_date=due.due_date,
        made_on=today,
        features=features,
        score=score.points,
        pd=score.pd,
        reasons=list(score.reasons),
        scorecard=model.label,
        scorecard_digest=model.digest,
    )
