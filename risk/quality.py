"""Quality of the review: of the cases that officers decide a share is judged again, blind, by another officer.

Chance must not be anybody's to choose, and must come out the same again: the case's serial number decides. The sample
changes nothing for the customer; where the two judgements differ, a person can learn from it.
"""

import hashlib
from collections.abc import Collection
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.problems import Problem
from core.serials import Serial, next_serial
from risk.facts import Outcome
from risk.models import QualitySample, ReviewCase
from risk.reasons import require

JUDGE = "risk.judge_qualitysample"


def is_drawn(case_serial: str) -> bool:
    """Whether the case with this serial number belongs to the share that is judged again."""
    number = int.from_bytes(hashlib.sha256(case_serial.encode()).digest()[:8])
    return Decimal(number) / 2**64 < settings.QUALITY_SHARE


def draw(case: ReviewCase) -> None:
    """Put a case that was just decided before a second officer, if it is drawn. Part of the decision's transaction."""
    if not is_drawn(case.serial):
        return
    assert case.final_decision is not None
    QualitySample.objects.create(
        serial=next_serial(Serial.QUALITY_SAMPLE),
        case=case,
        deciders=sorted({case.claimed_by, case.final_decision.decided_by}),
        drawn_at=clock.now(),
    )


@transaction.atomic(durable=True)
def judge(
    *, sample: QualitySample, officer: User, outcome: str, reasons: Collection[str], note: str = ""
) -> QualitySample:
    """The second officer's own judgement: `outcome` (approved or declined) with coded reasons.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, wrong_state (409).
    """
    by = roles.actor(officer, JUDGE)
    sample.lock()
    require_other(sample, by)
    require(reasons, Outcome(outcome))
    first = sample.case.final_decision
    assert first is not None
    sample.judge(
        by=by,
        why=" ".join(sorted(reasons)),
        outcome=outcome,
        reasons=sorted(reasons),
        note=note,
        agrees=first.outcome == outcome,
        at=clock.now(),
    )
    return sample


def require_other(sample: QualitySample, by: str) -> None:
    """Raise Problem `same_person` (403) where the actor had a hand in the first decision."""
    if by in sample.deciders:
        raise Problem("same_person", _("You had a hand in this: somebody else must decide."), status=403)
