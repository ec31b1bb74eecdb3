"""Messages with institutions: signed, verified, time-limited, and recorded whole with personal data masked.

A call is made outside any transaction. Its record is committed before it is sent and completed after the answer, so
that a crash in between leaves a trace. What comes back is one of three things: ANSWERED (an answer that the
institution signed), NEVER_SENT (no connection was made), or UNKNOWN (anything else: time-out, broken connection,
server error, bad signature), which is to be queried and never taken for a failure.
"""

import json
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

import httpx
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock, signing
from core.institutions import Institution
from core.masking import mask_payload, mask_text
from core.models.message import ExternalMessage
from core.problems import Problem
from core.transactions import forbid_transaction

FRESH_SECONDS = 300
MAX_CALLBACK_BYTES = 64 * 1024


class Outcome(StrEnum):
    """What is known after a call."""

    ANSWERED = "answered"
    UNKNOWN = "unknown"
    NEVER_SENT = "never sent"


@dataclass(frozen=True)
class Answer:
    """The end of a call. `status` and `body` are the institution's own, and only there when it ANSWERED."""

    outcome: Outcome
    status: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the institution answered with a 2xx status."""
        return self.outcome is Outcome.ANSWERED and 200 <= self.status < 300


class SignedClient:
    """Calls to one institution."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution

    def post(self, path: str, payload: dict[str, Any], *, serial: str) -> Answer:
        """Send `payload` as JSON under our `serial` number."""
        body = json.dumps(payload, ensure_ascii=False, cls=DjangoJSONEncoder)
        return self._call("POST", path, body, mask_payload(payload), serial)

    def get(self, path: str, *, serial: str) -> Answer:
        """Ask for `path`, about our `serial` number."""
        return self._call("GET", path, "", {}, serial)

    def _call(self, method: str, path: str, body: str, masked: Any, serial: str) -> Answer:
        forbid_transaction(f"calling {self.institution.code}")
        message = ExternalMessage.objects.create(
            institution=self.institution.code,
            direction=ExternalMessage.Direction.OUT,
            serial=serial,
            method=method,
            path=path,
            nonce=secrets.token_hex(16),
            body=json.dumps(masked, ensure_ascii=False),
            at=clock.real_now(),
        )
        started = time.perf_counter()
        answer = self._send(message, body)
        message.outcome = answer.outcome
        message.elapsed_ms = round((time.perf_counter() - started) * 1000)
        message.save()
        return answer

    def _send(self, message: ExternalMessage, body: str) -> Answer:
        try:
            response = httpx.request(
                message.method,
                self.institution.url + message.path,
                content=body.encode(),
                headers=self._headers(message, body),
                timeout=settings.INSTITUTION_TIMEOUT_SECONDS,
                verify=_trusted_authorities(),
                trust_env=False,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            message.error = _describe(error)
            return Answer(Outcome.NEVER_SENT)
        except httpx.HTTPError as error:
            message.error = _describe(error)
            return Answer(Outcome.UNKNOWN)
        return self._read(message, response)

    def _headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        timestamp = str(int(message.at.timestamp()))
        key = signing.private_key(settings.PLATFORM_KEY_FILE)
        return {
            "Content-Type": "application/json",
            "X-Partner": settings.PARTNER_ID,
            "X-Serial": message.serial,
            "X-Timestamp": timestamp,
            "X-Nonce": message.nonce,
            "X-Signature": signing.sign(key, message.method, message.path, timestamp, message.nonce, body),
        }

    def _read(self, message: ExternalMessage, response: httpx.Response) -> Answer:
        message.answer_status = response.status_code
        try:
            body = json.loads(response.content)
        except ValueError:
            body = None
        message.answer_body = _recorded(body) if isinstance(body, dict) else mask_text(response.text[:2000])
        good = _answer_is_signed(self.institution, response)
        message.signature = ExternalMessage.Signature.GOOD if good else ExternalMessage.Signature.BAD
        if not good or not isinstance(body, dict) or response.status_code >= 500:
            return Answer(Outcome.UNKNOWN)
        return Answer(Outcome.ANSWERED, response.status_code, body)


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Read once: it costs more than a call."""
    return ssl.create_default_context()


def receive_callback(institution: Institution, request: HttpRequest, take_in: Callable[[dict[str, Any]], None]) -> None:
    """Verify a callback's size, freshness, signature and novelty, record it, and hand its JSON body to `take_in`.

    The record and what `take_in` writes are committed together, before the institution is answered. Raises Problem
    (400, 401, 409, 413); a message with a bad signature leaves a record too.
    """
    forbid_transaction("receiving a callback")
    if int(request.headers.get("Content-Length") or 0) > MAX_CALLBACK_BYTES:
        raise Problem("too_large", _("The message is too large."), status=413)
    body = request.body.decode(errors="replace")
    message = _incoming(institution, request, body)
    if not _callback_is_signed(institution, request, body):
        message.signature = ExternalMessage.Signature.BAD
        message.outcome = "refused"
        message.save()
        raise Problem("bad_signature", _("The signature is missing, wrong or too old."), status=401)
    payload = _parsed(body)
    message.signature = ExternalMessage.Signature.GOOD
    message.outcome = "received"
    message.body = _recorded(payload)
    with transaction.atomic(durable=True):
        _save_once(message)
        take_in(payload)


def _save_once(message: ExternalMessage) -> None:
    try:
        with transaction.atomic():
            message.save()
    except IntegrityError:
        raise Problem("replayed", _("This message has been received before."), status=409) from None


def _incoming(institution: Institution, request: HttpRequest, body: str) -> ExternalMessage:
    return ExternalMessage(
        institution=institution.code,
        direction=ExternalMessage.Direction.IN,
        serial=request.headers.get("X-Serial", "")[:64],
        method=request.method or "",
        path=request.get_full_path()[:300],
        nonce=request.headers.get("X-Nonce", "")[:64],
        body=mask_text(body[:2000]),
        at=clock.real_now(),
    )


def _callback_is_signed(institution: Institution, request: HttpRequest, body: str) -> bool:
    headers = request.headers
    timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
    parts = (request.method or "", request.get_full_path(), timestamp, nonce, body)
    key = signing.public_key(institution.public_key_file)
    return bool(nonce) and _is_fresh(timestamp) and signing.is_signed(key, headers.get("X-Signature", ""), *parts)


def _answer_is_signed(institution: Institution, response: httpx.Response) -> bool:
    headers = response.headers
    timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
    parts = (str(response.status_code), timestamp, nonce, response.content.decode(errors="replace"))
    key = signing.public_key(institution.public_key_file)
    return _is_fresh(timestamp) and signing.is_signed(key, headers.get("X-Signature", ""), *parts)


def _is_fresh(timestamp: str) -> bool:
    return timestamp.isdigit() and abs(clock.real_now().timestamp() - int(timestamp)) <= FRESH_SECONDS


def _parsed(body: str) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise Problem("not_json", _("The message is not a JSON object."))
    return payload


def _recorded(payload: dict[str, Any]) -> str:
    return json.dumps(mask_payload(payload), ensure_ascii=False)


def _describe(error: Exception) -> str:
    return mask_text(f"{type(error).__name__}: {error}")[:300]
