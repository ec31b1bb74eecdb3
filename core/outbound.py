"""Messages with institutions: signed, verified, time-limited, and recorded whole with personal data masked.

A call is made outside any transaction. Its record is committed before it is sent and completed after the answer, so
that a crash in between leaves a trace. What comes back is one of three things: ANSWERED (an answer that the
institution signed), NEVER_SENT (no connection was made), or UNKNOWN (anything else: time-out, broken connection,
server error, bad signature), which is to be queried and never taken for a failure.
"""

import contextlib
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core import clock, signing
from core.institutions import Institution
from core.masking import mask_payload, mask_text
from core.models.message import ExternalMessage
from core.problems import Problem
from core.transactions import forbid_transaction

FRESH_SECONDS = 300
MAX_CALLBACK_BYTES = 64 * 1024
LONGEST_CALL = 20.0  # seconds: work may call twice within its lease (core.work.LEASE)


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
    """Calls to one institution. An institution with another way of signing has a client with its own `headers` and
    `is_signed`.
    """

    content_type = "application/json"

    def __init__(self, institution: Institution, *, budget: float = LONGEST_CALL) -> None:
        """`budget`: seconds that a whole call may take, however its answer comes; each step of it (the connection, each
        part of the answer) may take what the settings say.
        """
        self.institution = institution
        self.budget = budget

    def post(self, path: str, payload: dict[str, Any], *, serial: str) -> Answer:
        """Send `payload` as JSON under our `serial` number."""
        body = json.dumps(payload, ensure_ascii=False, cls=DjangoJSONEncoder)
        return self.call("POST", path, body, recorded=payload, serial=serial)

    def get(self, path: str, *, serial: str) -> Answer:
        """Ask for `path`, about our `serial` number."""
        return self.call("GET", path, "", recorded={}, serial=serial)

    def call(self, method: str, path: str, body: str, *, recorded: dict[str, Any], serial: str) -> Answer:
        """Send `body` as it is; `recorded` is what it says, of which the masked form is kept."""
        message = self._begin(method, path, serial)
        message.body = _recorded(recorded)
        message.save()
        started = time.perf_counter()
        sent = self._send(message, self.institution.url + path, body, self.headers(message, body))
        answer = self._read(message, sent) if isinstance(sent, httpx.Response) else Answer(sent)
        _complete(message, answer.outcome, started)
        return answer

    def fetch_file(self, url: str, *, serial: str) -> bytes | None:
        """The file at an address that the institution gave in a signed answer; None unless it came whole (200). Of
        a file only size and SHA-256 are recorded; whether it is theirs is for the caller to see.
        """
        parts = urlsplit(url)
        message = self._begin("GET", parts.path[:300], serial)
        message.save()
        started = time.perf_counter()
        sent = self._send(message, url, "", self.file_headers(message, url))
        content = None
        if isinstance(sent, httpx.Response):
            message.answer_status = sent.status_code
            message.answer_body = f"{len(sent.content)} bytes, SHA-256 {hashlib.sha256(sent.content).hexdigest()}"
            content = sent.content if sent.status_code == 200 else None
        _complete(message, Outcome.UNKNOWN if content is None else Outcome.ANSWERED, started)
        return content

    def _begin(self, method: str, path: str, serial: str) -> ExternalMessage:
        forbid_transaction(f"calling {self.institution.code}")
        return ExternalMessage(
            institution=self.institution.code,
            direction=ExternalMessage.Direction.OUT,
            serial=serial,
            method=method,
            path=path,
            nonce=secrets.token_hex(16),
            at=clock.real_now(),
        )

    def _send(self, message: ExternalMessage, url: str, body: str, headers: dict[str, str]) -> httpx.Response | Outcome:
        patience = min(self.budget, settings.INSTITUTION_TIMEOUT_SECONDS)
        client = httpx.Client(timeout=patience, verify=_trusted_authorities(), trust_env=False)
        try:
            request = client.build_request(message.method, url, content=body.encode(), headers=headers)
            return _within(self.budget, client, request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            message.error = _describe(error)
            return Outcome.NEVER_SENT
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message.error = _describe(error)
            return Outcome.UNKNOWN

    def headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        """The headers of a request, its signature among them."""
        timestamp = str(int(message.at.timestamp()))
        key = signing.private_key(settings.PLATFORM_KEY_FILE)
        return {
            "Content-Type": self.content_type,
            "X-Partner": settings.PARTNER_ID,
            "X-Serial": message.serial,
            "X-Timestamp": timestamp,
            "X-Nonce": message.nonce,
            "X-Signature": signing.sign(key, message.method, message.path, timestamp, message.nonce, body),
        }

    def file_headers(self, message: ExternalMessage, url: str) -> dict[str, str]:
        """The headers of a request for the file at `url`, of whose query nothing is recorded."""
        return self.headers(message, "")

    def _read(self, message: ExternalMessage, response: httpx.Response) -> Answer:
        message.answer_status = response.status_code
        try:
            body = self.read(response)
        except ValueError:
            body = None
        message.answer_body = _recorded(body) if isinstance(body, dict) else mask_text(response.text[:2000])
        good = self.is_signed(response)
        message.signature = ExternalMessage.Signature.GOOD if good else ExternalMessage.Signature.BAD
        if not good or not isinstance(body, dict) or response.status_code >= 500:
            return Answer(Outcome.UNKNOWN)
        return Answer(Outcome.ANSWERED, response.status_code, body)

    def read(self, response: httpx.Response) -> Any:
        """What an answer says. Raises ValueError for what cannot be read."""
        return json.loads(response.content)

    def is_signed(self, response: httpx.Response) -> bool:
        """Whether the institution signed its answer, just now."""
        headers = response.headers
        timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
        parts = (str(response.status_code), timestamp, nonce, response.content.decode(errors="replace"))
        key = signing.public_key(self.institution.public_key_file)
        return is_fresh(timestamp) and signing.is_signed(key, headers.get("X-Signature", ""), *parts)


def _within(seconds: float, client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """The answer to `request`, if it is whole within `seconds`. Raises httpx.ReadTimeout after that, and whatever the
    call raises.

    The call is a thread's, and only that thread closes the client: nothing is closed under it. Left behind, it ends
    with the next part of the answer's body, or once nothing came for the client's time-out; only headers that come a
    few bytes at a time keep it longer, until they are whole or too long for httpx.
    """
    ends: SimpleQueue[httpx.Response | Exception] = SimpleQueue()

    def run() -> None:
        try:
            ends.put(_whole_answer(client, request, seconds))
        except Exception as error:
            ends.put(error)

    Thread(target=run, daemon=True).start()
    try:
        end = ends.get(timeout=seconds)
    except Empty:
        raise _too_late(seconds) from None
    if isinstance(end, Exception):
        raise end
    return end


def _whole_answer(client: httpx.Client, request: httpx.Request, seconds: float) -> httpx.Response:
    """Send `request` by `client`, and close that. Raises httpx.ReadTimeout when a part of the answer's body comes after
    `seconds`."""
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    with client, contextlib.closing(client.send(request, stream=True)) as answer:
        for part in answer.iter_raw():
            if time.monotonic() > deadline:
                raise _too_late(seconds)
            parts.append(part)
    return httpx.Response(answer.status_code, headers=answer.headers, content=b"".join(parts))


def _too_late(seconds: float) -> httpx.ReadTimeout:
    return httpx.ReadTimeout(f"not answered within {seconds} s")


def _complete(message: ExternalMessage, outcome: Outcome, started: float) -> None:
    message.outcome = outcome
    message.elapsed_ms = round((time.perf_counter() - started) * 1000)
    message.save()


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Read once: it costs more than a call."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class Envelope:
    """A callback as its protocol has it: the institution's number, what makes the message unique, whether it is signed
    and fresh, and how its content is read (raises Problem), which is only done when it is signed.
    """

    serial: str
    nonce: str
    is_signed: bool
    read: Callable[[], dict[str, Any]]


Opening = Callable[[Institution, HttpRequest, str], Envelope]


def open_callback(institution: Institution, request: HttpRequest, body: str) -> Envelope:
    """A callback of an institution that signs as SignedClient does."""
    return Envelope(
        serial=request.headers.get("X-Serial", ""),
        nonce=request.headers.get("X-Nonce", ""),
        is_signed=_callback_is_signed(institution, request, body),
        read=lambda: parsed(body),
    )


def receive_callback(
    institution: Institution,
    request: HttpRequest,
    take_in: Callable[[dict[str, Any]], None],
    opening: Opening = open_callback,
) -> None:
    """Verify a callback's size, freshness, signature and novelty, record it, and hand its content to `take_in`.

    The record and what `take_in` writes are committed together, before the institution is answered. Raises Problem
    (400, 401, 409, 413); a message with a bad signature leaves a record too.
    """
    forbid_transaction("receiving a callback")
    if int(request.headers.get("Content-Length") or 0) > MAX_CALLBACK_BYTES:
        raise Problem("too_large", _("The message is too large."), status=413)
    body = request.body.decode(errors="replace")
    envelope = opening(institution, request, body)
    message = _incoming(institution, request, envelope, body)
    if not envelope.is_signed:
        message.signature = ExternalMessage.Signature.BAD
        message.outcome = "refused"
        message.save()
        raise Problem("bad_signature", _("The signature is missing, wrong or too old."), status=401)
    payload = envelope.read()
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


def _incoming(institution: Institution, request: HttpRequest, envelope: Envelope, body: str) -> ExternalMessage:
    return ExternalMessage(
        institution=institution.code,
        direction=ExternalMessage.Direction.IN,
        serial=envelope.serial[:64],
        method=request.method or "",
        path=request.get_full_path()[:300],
        nonce=envelope.nonce[:64],
        body=mask_text(body[:2000]),
        at=clock.real_now(),
    )


def _callback_is_signed(institution: Institution, request: HttpRequest, body: str) -> bool:
    headers = request.headers
    timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
    parts = (request.method or "", request.get_full_path(), timestamp, nonce, body)
    key = signing.public_key(institution.public_key_file)
    return bool(nonce) and is_fresh(timestamp) and signing.is_signed(key, headers.get("X-Signature", ""), *parts)


def signed_answer(body: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """An answer to an institution that asks us, signed as its own answers are."""
    text = json.dumps(body, ensure_ascii=False, cls=DjangoJSONEncoder)
    timestamp, nonce = str(int(clock.real_now().timestamp())), secrets.token_hex(16)
    key = signing.private_key(settings.PLATFORM_KEY_FILE)
    signature = signing.sign(key, str(status), timestamp, nonce, text)
    headers = {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature}
    return HttpResponse(text, status=status, content_type="application/json", headers=headers)


def is_fresh(timestamp: str) -> bool:
    """Whether Unix seconds as a message has them are at most five minutes from real time."""
    return timestamp.isdigit() and abs(clock.real_now().timestamp() - int(timestamp)) <= FRESH_SECONDS


def parsed(body: str) -> dict[str, Any]:
    """A message's JSON object. Raises Problem (400) for anything else."""
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise Problem("not_json", _("The message is not a JSON object."))
    return payload


def _recorded(payload: dict[str, Any]) -> str:
    return json.dumps(mask_payload(payload), ensure_ascii=False, cls=DjangoJSONEncoder)


def _describe(error: Exception) -> str:
    return mask_text(f"{type(error).__name__}: {error}")[:300]
