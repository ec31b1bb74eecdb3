"""The challenger beside a decision: what it would have decided is stored; nothing that it does hurts the decision."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError, transaction

from risk.assessment import Assessment
from risk.forest import Model
from risk.model_turns import Turn
from risk.models import ChallengerDecision, Decision

log = structlog.get_logger(__name__)


def run(decision: Decision, challenger: Turn, assess: Callable[[Model], Assessment]) -> None:
    """Store what the challenger finds on the decision's inputs, or why it finds nothing. Raises nothing."""
    try:
        with transaction.atomic():
            _write(decision, challenger, assess(challenger.load()))
    except Exception as failure:
        log.exception("challenger_failed", decision=decision.serial, version=challenger.version_id)
        _write_failure(decision, challenger, failure)


def _write(decision: Decision, challenger: Turn, found: Assessment) -> None:
    ChallengerDecision.objects.create(
        decision=decision,
        version_id=challenger.version_id,
        score=found.score,
        pd=found.pd,
        band=found.band,
        outcome=str(found.outcome),
        limit=found.limit,
        annual_rate=found.annual_rate,
    )


def _write_failure(decision: Decision, challenger: Turn, failure: Exception) -> None:
    words = f"{type(failure).__name__}: {failure}"[:200]
    try:
        with transaction.atomic():
            ChallengerDecision.objects.create(decision=decision, version_id=challenger.version_id, failure=words)
    except DatabaseError:
        log.exception("challenger_failure_not_stored", decision=decision.serial)
