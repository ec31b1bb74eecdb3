"""Partners told that they take no part: their yes came too late for us, another partner of the same agreement refused,
or the loan they took a share of failed."""

import datetime as dt

from django.db import transaction

from core import actors, work
from core.institutions import institution
from core.outbound import Outcome, SignedClient
from lending.models import Loan, Participation

RELEASE = "release_partner"
PAUSE = dt.timedelta(minutes=1)
Status = Participation.Status
TO_BE_TOLD = (Status.APPROVED, Status.GIVEN_UP)


def order(loan: Loan) -> None:
    """Have each partner that took or may think it took a share told after the transaction. Part of a transaction."""
    for participation in Participation.objects.filter(loan=loan, status__in=TO_BE_TOLD):
        work.enqueue(RELEASE, participation.serial)


def tell(serial: str) -> work.Again | None:
    """Work handler: tell the partner until it has confirmed. Harmless to repeat.

    The partner also keeps the release of a request it has never seen, so that one still under way finds a no.
    Raises RuntimeError when the partner does not accept the release: the work is tried again, then parked.
    """
    participation = Participation.objects.select_related("loan").get(serial=serial)
    if participation.status not in TO_BE_TOLD:
        return None
    reason = _reason(participation)
    request = {"serial": participation.serial, "reason": reason}
    answer = SignedClient(institution("funder")).post("/funder/v1/releases", request, serial=participation.serial)
    if answer.ok:
        _note(participation, reason)
        return None
    if answer.outcome is Outcome.ANSWERED and answer.status < 500:
        raise RuntimeError(f"the partner does not accept the release of {participation}: {answer.status}")
    return work.Again(after=PAUSE)


def _reason(participation: Participation) -> str:
    if participation.status == Status.GIVEN_UP:
        return "NO_ANSWER_IN_TIME"
    return "LOAN_FAILED" if participation.loan.status == Loan.Status.CANCELLED else "ANOTHER_PARTNER_REFUSED"


@transaction.atomic(durable=True)
def _note(participation: Participation, reason: str) -> None:
    participation.lock()
    if participation.status in TO_BE_TOLD:
        participation.release(by=actors.system("partner release"), why=f"the partner was told: {reason}")
