"""Ending at the institution what a customer took back: asked again until it says that it knows the agreement no more.

There is no query for an agreement, and none is needed: to end one that has ended changes nothing and says so. While no
answer comes, the next pause is as long as all the waiting so far.
"""

import datetime as dt

from core import clock, work
from core.models import TransitionLog
from payments import agreements
from payments.channels import CHANNELS, State
from payments.models import DeductionAgreement

SHORTEST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=1)


def work_off(serial: str) -> work.Again | None:
    """Work "end_agreement". Harmless to repeat.

    Raises RuntimeError when the institution refuses: the work is tried again, then parked.
    """
    agreement = DeductionAgreement.objects.get(serial=serial)
    if agreement.status == DeductionAgreement.Status.ENDED:
        return None
    finding = CHANNELS[agreement.channel].end_agreement(agreement.number)
    if finding.state is State.SUCCEEDED:
        agreements.note_ended(agreement)
        return None
    if finding.state is State.FAILED:
        raise RuntimeError(f"{agreement.channel} does not end agreement {serial}: {finding.code}")
    return work.Again(_pause(agreement))


def _pause(agreement: DeductionAgreement) -> dt.timedelta:
    waited = clock.real_now() - TransitionLog.of(agreement).get(verb="take_back").at
    return min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
