"""Idempotency keys: a request sent twice is worked once, and answered the same the second time."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.crypto import blind_index
from core.models.idempotency import IdempotencyRecord
from core.problems import Problem

# Older than this, a request without an answer was cut off by a crash; its use case decides whether it took effect.
ABANDONED_AFTER = dt.timedelta(seconds=60)


@dataclass(frozen=True)
class Result:
    """An answer: HTTP status and JSON body, and whether it had been given before."""

    status: int
    body: Any
    replayed: bool = False


def run_once(*, scope: str, key: str, payload: Any, action: Callable[[], tuple[int, Any]]) -> Result:
    """Run `action` (→ status, body) once for this `key` within `scope`, and replay its answer to every later call.

    Raises Problem `idempotency_key_reused` (409) when the payload differs from the first call's, and `in_progress`
    (409) while the first call is still running. A refusal is not remembered, so that the caller may correct and
    send again.
    """
    record, first = _claim(scope, key, _hash(payload))
    if not first and record.status is not None:
        return Result(record.status, json.loads(record.body), replayed=True)
    # Ours as long as nobody took it over: a call that outlived its time must not touch its successor's answer.
    mine = IdempotencyRecord.objects.filter(pk=record.pk, started_at=record.started_at, status=None)
    try:
        status, body = action()
    except Exception:
        mine.delete()
        raise
    rendered = json.dumps(body, cls=DjangoJSONEncoder)
    mine.update(status=status, body=rendered)
    return Result(status, json.loads(rendered))


@transaction.atomic
def _claim(scope: str, key: str, payload_hash: str) -> tuple[IdempotencyRecord, bool]:
    record, first = IdempotencyRecord.objects.get_or_create(
        scope=scope, key=key, defaults={"payload_hash": payload_hash, "started_at": clock.real_now()}
    )
    if first:
        return record, True
    record = IdempotencyRecord.objects.select_for_update().get(pk=record.pk)
    if record.payload_hash != payload_hash:
        message = _("This idempotency key was used for another request: use a new one.")
        raise Problem("idempotency_key_reused", message, status=409)
    if record.status is None:
        if clock.real_now() - record.started_at < ABANDONED_AFTER:
            raise Problem("in_progress", _("The same request is being worked on: ask again in a moment."), status=409)
        record.started_at = clock.real_now()
        record.save()
    return record, False


def _hash(payload: Any) -> str:
    """Keyed: a payload may be as easy to guess as a mobile number."""
    return blind_index("payload", json.dumps(payload, sort_keys=True, cls=DjangoJSONEncoder))
