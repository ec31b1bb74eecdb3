"""Asking other lenders, through the exchange, whether somebody owes them and how often they were applied to.

Only where the customer agrees, for one purpose, and on the record before it is sent. What is sent is a blinded point
that is new each time; the number that blinds it is never stored, so nobody, we neither, can tell later who was meant.
"""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts import consents
from accounts.models import Customer, Purpose
from core import actors, clock
from core.institutions import institution
from core.outbound import Answer, SignedClient
from core.serials import Serial, next_serial
from risk.facts import Elsewhere
from risk.models import SharingAnswer, SharingQuery
from risk.sharing import oprf, tokens

ASKER = actors.system("decision-engine")
PAUSE = dt.timedelta(seconds=10)  # after a query that nobody answered: not everybody shall wait in vain
MOST_LENDERS = 100
Outcome = SharingAnswer.Outcome


@dataclass(frozen=True)
class Told:
    """What the lenders that answered say together."""

    lenders: int
    owed: int
    applications: int


def about(customer: Customer, *, reference: str) -> Elsewhere | None:
    """What other lenders say of a verified customer who applies under `reference`; None without the customer's consent.

    Calls the exchange, so not inside a transaction; over within settings.SHARING_BUDGET_MS however slowly it answers,
    with unknown figures where nobody answered in time, and for a PAUSE after that nobody is asked. Once answered, an
    application is not asked about again.
    """
    consent = consents.consent_to(customer, Purpose.LENDER_SHARING)
    if consent is None:
        return None
    known = SharingAnswer.objects.filter(query__reference=reference, outcome=Outcome.ANSWERED).first()
    if known:
        return Elsewhere(known.query.serial, known.lenders, known.owed, known.applications)
    if SharingAnswer.objects.filter(outcome=Outcome.UNKNOWN, at__gt=clock.real_now() - PAUSE).exists():
        return Elsewhere("")
    blinded = oprf.blind(tokens.identity(customer.id_number))
    query = SharingQuery.objects.create(
        serial=next_serial(Serial.SHARING_QUERY),
        direction=SharingQuery.Direction.OURS,
        at=clock.real_now(),
        by=ASKER,
        purpose=SharingQuery.Purpose.CREDIT_APPLICATION,
        reference=reference,
        consent=consent,
        element=blinded.element.hex(),
        bucket=tokens.bucket_of(customer.id_number, settings.SHARING_BUCKET_DIGITS),
    )
    told = _ask(query, blinded)
    return Elsewhere(query.serial, **vars(told)) if told else Elsewhere(query.serial)


def _ask(query: SharingQuery, blinded: oprf.Blinded) -> Told | None:
    """Send the query and record what came of it."""
    begun = time.perf_counter()
    payload = {name: getattr(query, name) for name in ("serial", "purpose", "element", "bucket")}
    client = SignedClient(institution("sharing"), budget=settings.SHARING_BUDGET_MS / 1000)
    answer = client.post("/sharing/v1/queries", {**payload, "consent": True}, serial=query.serial)
    told = _read(answer, query, blinded)
    SharingAnswer.objects.create(
        query=query,
        at=clock.real_now(),
        outcome=Outcome.ANSWERED if told else Outcome.UNKNOWN,
        reason="" if told else str(answer.body.get("code") or answer.outcome)[:60],
        **(vars(told) if told else {}),
        elapsed_ms=round((time.perf_counter() - begun) * 1000),
    )
    return told


def _read(answer: Answer, query: SharingQuery, blinded: oprf.Blinded) -> Told | None:
    """What the answer says; None unless it is a whole answer to this very query, by one lender at least."""
    body = answer.body
    if not answer.ok or (body.get("serial"), body.get("element")) != (query.serial, query.element):
        return None
    try:
        said = [_lender(each, blinded) for each in body["answers"][:MOST_LENDERS]]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Told(len(said), sum(owes for owes, _ in said), sum(count for _, count in said)) if said else None


def _lender(said: dict[str, Any], blinded: oprf.Blinded) -> tuple[bool, int]:
    """What one lender's book says: whether it is owed, how many applications it had."""
    value = oprf.finalize(blinded, bytes.fromhex(said["element"]))
    return tokens.told(value, tokens.parted(said["tokens"]))
