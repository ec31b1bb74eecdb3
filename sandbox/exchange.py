"""One signed message from the partner: verified, met by the fault that is ordered, handled, answered signed.

A handler runs inside one transaction of the books, together with the message's nonce. What it did is on the
disk before the answer leaves; where it refuses (Refusal), nothing was done.
"""

import asyncio
import hashlib
import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox import signing
from sandbox.faults import Fault, Misfortune
from sandbox.world import World

PARTNER = "lending-platform"


class Refusal(Exception):
    """The institution does not do what it is asked, and has done nothing."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Incoming:
    """A verified message; `path` holds what its address says. `refused` asks the handler to say no in its own way."""

    body: dict[str, Any]
    path: dict[str, str]
    refused: bool


@dataclass(frozen=True)
class Reply:
    """What a handler answers; a `silent` reply is never sent."""

    body: dict[str, Any]
    status: int = 200
    silent: bool = False


Handler = Callable[[World, Incoming], Reply]


@dataclass(frozen=True)
class Tongue:
    """How an institution's bodies are read (raises ValueError) and written."""

    media_type: str
    read: Callable[[str], Any]
    write: Callable[[World, dict[str, Any]], str]


JSON = Tongue("application/json", json.loads, lambda world, body: json.dumps(body, ensure_ascii=False))


@dataclass(frozen=True)
class Exchange:
    """One signed address of one institution."""

    institution: str
    target: str
    method: str
    path: str
    handler: Handler
    tongue: Tongue = JSON


@dataclass(frozen=True)
class Manner:
    """How an institution's messages are signed: `nonce` tells that of a request which the partner signed just now (of
    any other, nothing), `dress` writes the answer.
    """

    nonce: Callable[[World, Request, str], str]
    dress: Callable[[World, Exchange, Reply, Misfortune], Response]


def route(world: World, exchange: Exchange, manner: Manner) -> Route:
    """Open the address."""

    async def endpoint(request: Request) -> Response:
        return await _answer(world, exchange, manner, request)

    return Route(exchange.path, endpoint, methods=[exchange.method])


def once(world: World, institution: str, incoming: Incoming, content: Any, act: Callable[[], Reply]) -> Reply:
    """Do what a serial asks for once; again, it gets the same answer, or for other content a refusal (409)."""
    serial = incoming.body["serial"]
    fingerprint = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    known = world.books.row(
        "SELECT content_hash, answer FROM answers WHERE institution = ? AND serial = ?", institution, serial
    )
    if known is None:
        reply = act()
        answer = json.dumps({"body": reply.body, "silent": reply.silent})
        world.books.insert("answers", institution=institution, serial=serial, content_hash=fingerprint, answer=answer)
        return reply
    if known["content_hash"] != fingerprint:
        raise Refusal(409, "SERIAL_REUSED", "This serial number was used with other content.")
    return Reply(**json.loads(known["answer"]))


async def _answer(world: World, exchange: Exchange, manner: Manner, request: Request) -> Response:
    raw = (await request.body()).decode(errors="replace")
    nonce = manner.nonce(world, request, raw)
    if not nonce:
        refusal = Refusal(401, "BAD_SIGNATURE", "The signature is missing, wrong or too old.")
        return manner.dress(world, exchange, _refused(refusal), Misfortune())
    return await meet_fault(
        world,
        exchange.target,
        act=lambda misfortune: _handle(world, exchange, request, raw, nonce, misfortune),
        dress=lambda reply, misfortune: manner.dress(world, exchange, reply, misfortune),
    )


async def meet_fault(
    world: World,
    target: str,
    *,
    act: Callable[[Misfortune], Reply],
    dress: Callable[[Reply, Misfortune], Response],
) -> Response:
    """Handle one message by `act` and write the answer by `dress`, as the fault ordered for `target` lets them."""
    misfortune = world.faults.befall(target)
    if misfortune.fault is Fault.DELAY:
        await asyncio.sleep(misfortune.seconds)
    if misfortune.fault is Fault.LOSE:
        return Silence(misfortune.seconds)
    reply = act(misfortune)
    if reply.silent or misfortune.fault is Fault.LOSE_ANSWER:
        return Silence(misfortune.seconds)
    if misfortune.fault is Fault.ERROR_AFTER_ACCEPTING:
        reply = Reply({"code": "SYSTEM_ERROR", "message": "The system is busy."}, 500)
    answer = dress(reply, misfortune)
    return Trickle(answer, misfortune.seconds) if misfortune.fault is Fault.TRICKLE else answer


def _handle(world: World, exchange: Exchange, request: Request, raw: str, nonce: str, misfortune: Misfortune) -> Reply:
    try:
        with world.books.transaction():
            _use_nonce(world, nonce)
            incoming = Incoming(
                body=_parsed(exchange.tongue, raw) if exchange.method == "POST" else {},
                path={**request.query_params, **request.path_params},
                refused=misfortune.fault is Fault.REFUSE,
            )
            return exchange.handler(world, incoming)
    except Refusal as refusal:
        return _refused(refusal)


def target_of(request: Request) -> str:
    """Path and query as they came."""
    query = request.scope["query_string"].decode()
    path: str = request.scope["raw_path"].decode()
    return path + (f"?{query}" if query else "")


def _nonce(world: World, request: Request, raw: str) -> str:
    headers = request.headers
    timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
    if headers.get("X-Partner") != PARTNER or not signing.is_fresh(timestamp):
        return ""
    parts = (request.method, target_of(request), timestamp, nonce, raw)
    return nonce if world.partner.has_signed(headers.get("X-Signature", ""), *parts) else ""


def _use_nonce(world: World, nonce: str) -> None:
    """A nonce serves once; it is forgotten when its message would be too old anyway."""
    world.books.change("DELETE FROM nonces WHERE seen_at < ?", time.time() - 2 * signing.FRESH_SECONDS)
    try:
        world.books.insert("nonces", nonce=nonce, seen_at=time.time())
    except sqlite3.IntegrityError:
        raise Refusal(401, "BAD_SIGNATURE", "This message was received before.") from None


def _parsed(tongue: Tongue, raw: str) -> dict[str, Any]:
    try:
        body = tongue.read(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "INVALID_PARAMETER", "The body cannot be read.")
    return body


def _refused(refusal: Refusal) -> Reply:
    return Reply({"code": refusal.code, "message": refusal.message}, refusal.status)


def _signed(world: World, exchange: Exchange, reply: Reply, misfortune: Misfortune) -> Response:
    body = exchange.tongue.write(world, reply.body)
    spoiled = misfortune.fault is Fault.BAD_SIGNATURE
    key = world.keys[exchange.institution]
    headers = signing.stamp(key, str(reply.status), body=body, spoiled=spoiled)
    return Response(body, reply.status, headers, media_type=exchange.tongue.media_type)


PLAIN = Manner(_nonce, _signed)


class Silence(Response):
    """No answer: after `seconds` the connection breaks off, without a whole response."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none, at which the server closes the connection."""
        await asyncio.sleep(self.seconds)
        await send({"type": "http.response.start", "status": 504, "headers": [(b"content-length", b"1")]})


class Trickle(Response):
    """The whole answer, its body little by little, over `seconds`: at no moment is it silent for long."""

    PIECES = 50

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head at once, then a piece at a time."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        length = -(-len(self.body) // self.PIECES)
        for place in range(0, len(self.body), length):
            piece = self.body[place : place + length]
            await asyncio.sleep(self.seconds / self.PIECES)
            await send({"type": "http.response.body", "body": piece, "more_body": place + length < len(self.body)})
