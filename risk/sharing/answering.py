"""Answering other lenders, through the exchange: with our evaluation of a point that tells us nothing, and with tokens.

Whoever asked can read, of all the tokens, those of the one person asked about; we learn only that somebody of a crowd
was asked about, and for what purpose.
"""

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import actors, clock
from core.institutions import institution
from core.outbound import receive_callback
from core.problems import Problem
from risk.models import SharingAnswer, SharingQuery
from risk.sharing import book, oprf, tokens

EXCHANGE = actors.system("sharing exchange")
MOST_A_MINUTE = (
    600  # queries of all lenders together; a key holder who answers without end could be asked about everybody
)
MINUTE = dt.timedelta(minutes=1)
Direction, Outcome = SharingQuery.Direction, SharingAnswer.Outcome


def receive(request: HttpRequest) -> dict[str, Any]:
    """Take in one query of the exchange, record it and what becomes of it, and give the answer's content.

    Raises Problem: those of core.outbound.receive_callback; query_unreadable; serial_reused (409) for a number that
    asked something else before; consent_missing, purpose_not_agreed, bucket_not_agreed, element_invalid (422);
    too_many_queries (429). What was refused is on the record too.
    """
    found: list[dict[str, Any] | Problem] = []
    receive_callback(institution("sharing"), request, lambda payload: found.append(_take_in(payload)))
    [answer] = found
    if isinstance(answer, Problem):  # raised only here, after the commit
        raise answer
    return answer


def _take_in(payload: dict[str, Any]) -> dict[str, Any] | Problem:
    begun = time.perf_counter()
    asked = _asked(payload)
    query, first = SharingQuery.objects.get_or_create(
        direction=Direction.THEIRS,
        serial=asked["serial"],
        defaults={**asked, "at": clock.real_now(), "by": EXCHANGE},
    )
    if any(getattr(query, name) != value for name, value in asked.items()):
        return _refusal("serial_reused", status=409)
    answer = _refuse(query, payload) or _answer(query)
    if first:
        _record(query, answer, begun)
    return answer


def _asked(payload: Mapping[str, Any]) -> dict[str, str]:
    """The query's own words. Raises Problem when they are none."""
    longest = {"serial": 64, "purpose": 40, "element": 66, "bucket": tokens.MOST_BUCKET_DIGITS}
    for name, length in longest.items():
        value = payload.get(name)
        if not isinstance(value, str) or len(value) > length or not (value or name == "bucket"):
            raise Problem("query_unreadable", _("The query cannot be read."), field=name)
    return {name: payload[name] for name in longest}


def _refuse(query: SharingQuery, payload: Mapping[str, Any]) -> Problem | None:
    if payload.get("consent") is not True:
        return _refusal("consent_missing")
    if query.purpose not in SharingQuery.Purpose.values:
        return _refusal("purpose_not_agreed")
    if len(query.bucket) != settings.SHARING_BUCKET_DIGITS:
        return _refusal("bucket_not_agreed")
    lately = SharingQuery.objects.filter(direction=Direction.THEIRS, at__gt=clock.real_now() - MINUTE)
    return _refusal("too_many_queries", status=429) if lately.count() > MOST_A_MINUTE else None


def _refusal(code: str, *, status: int = 422) -> Problem:
    return Problem(code, _("The query is not answered."), status=status)


def _answer(query: SharingQuery) -> dict[str, Any] | Problem:
    try:
        evaluated = oprf.evaluate(book.key(), bytes.fromhex(query.element))
    except ValueError:
        return _refusal("element_invalid")
    found = book.tokens_in(query.bucket)
    return {"serial": query.serial, "element": evaluated.hex(), "tokens": tokens.joined(found)}


def _record(query: SharingQuery, answer: dict[str, Any] | Problem, begun: float) -> None:
    refused = isinstance(answer, Problem)
    SharingAnswer.objects.create(
        query=query,
        at=clock.real_now(),
        outcome=Outcome.REFUSED if refused else Outcome.ANSWERED,
        reason=answer.code if isinstance(answer, Problem) else "",
        tokens=None if isinstance(answer, Problem) else len(answer["tokens"]) // tokens.DIGITS,
        elapsed_ms=round((time.perf_counter() - begun) * 1000),
    )
