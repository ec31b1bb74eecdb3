"""Ending at the institution what a customer took back: asked again until it says that it knows the agreement no more.

There is no query for an agreement, and none is needed: to end one that has ended changes nothing and says so.
"""

import datetime as dt

from core import work
from payments import agreements
from payments.channels import CHANNELS, State
from payments.models import DeductionAgreement

PAUSE = dt.timedelta(minutes=1)


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
    return work.Again(after=PAUSE)
