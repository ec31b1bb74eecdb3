"""The exchange of lenders, and three of them: each has a key of its own and a book of whom it lends to.

The exchange sees blinded points and tokens only. In the answers it gives nothing tells which lender said what.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.routing import Route

from sandbox import checks, local, oprf, signing
from sandbox.exchange import Exchange, Incoming, Refusal, Reply, once
from sandbox.world import World

LENDERS = ("east", "north", "west")
PURPOSES = {"credit_application"}
MOST_APPLICATIONS = 20
TOKEN_DIGITS = 32
TIMEOUT_SECONDS = 30.0


def answer_query(world: World, incoming: Incoming) -> Reply:
    """Every lender's evaluation of the blinded point, with the tokens of the crowd asked about."""
    body = incoming.body
    asked = {
        "serial": checks.serial(body),
        "purpose": checks.text(body, "purpose"),
        "element": _element(body),
        "bucket": _bucket(body),
    }
    if body.get("consent") is not True:
        raise Refusal(422, "CONSENT_MISSING", "Nobody is asked about without their consent.")
    if asked["purpose"] not in PURPOSES:
        raise Refusal(422, "PURPOSE_NOT_AGREED", "The lenders have not agreed to this purpose.")
    if incoming.refused:
        raise Refusal(422, "NOT_ANSWERING", "The exchange does not answer.")
    return once(world, "sharing", incoming, asked, lambda: _answer(world, asked))


def _answer(world: World, asked: dict[str, str]) -> Reply:
    world.books.insert("sharing_queries", at=world.clock.stamp()[0], **asked)
    answers = [_of_lender(world, lender, asked) for lender in LENDERS]
    secrets.SystemRandom().shuffle(answers)
    return Reply({"serial": asked["serial"], "element": asked["element"], "answers": answers})


def _of_lender(world: World, lender: str, asked: dict[str, str]) -> dict[str, str]:
    evaluated = oprf.evaluate(_key(world, lender), bytes.fromhex(asked["element"]))
    borrowers = world.books.rows("SELECT * FROM borrowers WHERE lender = ?", lender)
    crowd = [one for one in borrowers if _crowd(one["id_number"]).startswith(asked["bucket"])]
    return {"element": evaluated.hex(), "tokens": "".join(sorted(token for one in crowd for token in _tokens(one)))}


def _tokens(borrower: sqlite3.Row) -> list[str]:
    words = [f"application-{number}" for number in range(1, borrower["applications"] + 1)]
    return [_token(bytes.fromhex(borrower["value"]), word) for word in words + ["debt"] * borrower["owes"]]


def _token(value: bytes, word: str) -> str:
    return hmac.digest(value, word.encode(), hashlib.sha256).hex()[:TOKEN_DIGITS]


def _crowd(id_number: str) -> str:
    return hashlib.sha256(b"bucket:" + id_number.encode()).hexdigest()


def _key(world: World, lender: str) -> int:
    """The lender's key, made when it is first needed."""
    row = world.books.row("SELECT key FROM lenders WHERE code = ?", lender)
    if row is None:
        world.books.insert("lenders", code=lender, key=f"{oprf.new_key():064x}")
        return _key(world, lender)
    return int(row["key"], 16)


def _element(body: dict[str, Any]) -> str:
    value = checks.text(body, "element")
    try:
        oprf.decode(bytes.fromhex(value))
    except ValueError:
        raise checks.invalid("element", "must be a compressed point of P-256 in hex digits") from None
    return value


def _bucket(body: dict[str, Any]) -> str:
    value = body.get("bucket")
    if not isinstance(value, str) or len(value) > 4 or set(value) - set("0123456789abcdef"):
        raise checks.invalid("bucket", "must be up to four hex digits")
    return value


async def plant_borrower(world: World, request: Request) -> dict[str, Any]:
    """Write into a lender's book whether somebody owes it, and how often they applied in the last 30 days."""
    body = await local.body(request)
    lender, id_number = _lender(body), checks.id_number(body)
    applications, owes = body.get("applications", 0), body.get("owes", False)
    if type(applications) is not int or not 0 <= applications <= MOST_APPLICATIONS:
        raise checks.invalid("applications", f"must be a whole number up to {MOST_APPLICATIONS}")
    with world.books.transaction():
        value = oprf.value_of(_key(world, lender), id_number.encode()).hex()
        world.books.change("DELETE FROM borrowers WHERE lender = ? AND id_number = ?", lender, id_number)
        kept = {"owes": int(bool(owes)), "applications": applications, "value": value}
        world.books.insert("borrowers", lender=lender, id_number=id_number, **kept)
    return {"lender": lender, "owes": bool(owes), "applications": applications}


def _lender(body: dict[str, Any]) -> str:
    lender = checks.text(body, "lender")
    if lender not in LENDERS:
        raise checks.invalid("lender", f"must be one of {', '.join(LENDERS)}")
    return lender


@dataclass(frozen=True)
class Question:
    """What a lender asks the partner about somebody, and the number that blinds it."""

    id_number: str
    by: int
    sent: dict[str, Any]


async def ask_partner(world: World, request: Request) -> dict[str, Any]:
    """Have a lender ask the partner, at `url`, about somebody: what went over the wire, what the lender can read."""
    body = await local.body(request)
    id_number, url = checks.id_number(body), checks.address(body, "url")
    by, element = oprf.blind(id_number.encode())
    with world.books.transaction():
        serial = str(body.get("serial") or world.next_serial("SQ"))
    sent = {
        "serial": serial,
        "purpose": body.get("purpose", "credit_application"),
        "element": body.get("element", element.hex()),
        "bucket": _crowd(id_number)[: body.get("bucket_digits", 0)],
        "consent": body.get("consent", True),
    }
    return await _forwarded(world, Question(id_number, by, sent), httpx.URL(url))


async def _forwarded(world: World, question: Question, url: httpx.URL) -> dict[str, Any]:
    text = json.dumps(question.sent, ensure_ascii=False)
    stamp = signing.stamp(world.keys["sharing"], "POST", url.raw_path.decode(), body=text)
    headers = {"Content-Type": "application/json", "X-Partner": "sharing", "X-Serial": question.sent["serial"], **stamp}
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        response = await client.post(url, content=text.encode(), headers=headers)
    parts = (str(response.status_code), response.headers.get("X-Timestamp", ""), response.headers.get("X-Nonce", ""))
    is_signed = world.partner.has_signed(response.headers.get("X-Signature", ""), *parts, response.text)
    wire = {"sent": text, "answer": response.text, "status": response.status_code, "is_signed": is_signed}
    return wire | (_read(question, response.json()) if response.status_code == 200 else {})


def _read(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    """What the lender finds among the tokens: those of the person it asked about."""
    value = oprf.finalize(question.id_number.encode(), question.by, bytes.fromhex(answer["element"]))
    tokens = answer["tokens"]
    given = {tokens[place : place + TOKEN_DIGITS] for place in range(0, len(tokens), TOKEN_DIGITS)}
    found = [_token(value, f"application-{number}") in given for number in range(1, MOST_APPLICATIONS + 1)]
    return {"owes": _token(value, "debt") in given, "applications": sum(found), "tokens": len(given)}


def routes(world: World) -> list[Route]:
    """What whoever runs the sandbox may order of the lenders."""
    return [
        local.route(world, "POST", "/control/borrowers", plant_borrower),
        local.route(world, "POST", "/control/sharing-queries", ask_partner),
    ]


EXCHANGES = [Exchange("sharing", "sharing", "POST", "/sharing/v1/queries", answer_query)]
