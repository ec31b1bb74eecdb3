"""The funding partner: takes part in loans that meet its terms.

A principal ending in .95 is refused. One ending in .96 is approved, but only asking by serial tells.
"""

from decimal import Decimal
from typing import Any

from sandbox import checks
from sandbox.exchange import Exchange, Incoming, Refusal, Reply, once
from sandbox.world import World

LEAST_SHARE = Decimal("0.30")
HIGHEST_RATE = Decimal("0.24")
REFUSED_ENDING = 95
SILENT_ENDING = 96


def decide_participation(world: World, incoming: Incoming) -> Reply:
    """Answer approved or refused, with a reason."""
    body = incoming.body
    checks.serial(body)
    offer = {
        "loan_reference": checks.text(body, "loan_reference"),
        "principal_fen": checks.amount_fen(body, "principal"),
        "share_amount_fen": checks.amount_fen(body, "share_amount"),
        "share_ratio": str(checks.decimal(body, "share_ratio")),
        "annual_rate": str(checks.decimal(body, "annual_rate")),
        "term_months": checks.whole_number(body, "term_months"),
        "region": checks.text(body, "region"),
    }
    return once(world, "funder", incoming, offer, lambda: _decide(world, incoming, offer))


def find_participation(world: World, incoming: Incoming) -> Reply:
    """The decision on a serial. Raises Refusal (404)."""
    row = world.books.row("SELECT * FROM participations WHERE serial = ?", incoming.path["serial"])
    if row is None or incoming.refused:
        raise Refusal(404, "NOT_FOUND", "No participation has this serial number.")
    return Reply({name: row[name] for name in ("serial", "funder_serial", "answer", "reason")})


def release_participation(world: World, incoming: Incoming) -> Reply:
    """Take no part under a serial, decided already or not yet seen. Again and again is harmless."""
    if incoming.refused:
        raise Refusal(409, "NOT_RELEASABLE", "The partner holds on to this participation.")
    serial, reason = checks.serial(incoming.body), checks.text(incoming.body, "reason")
    if not _is_released(world, serial):
        world.books.insert("releases", serial=serial, reason=reason, at=world.clock.stamp()[0])
        world.books.change("UPDATE participations SET answer = 'released', reason = ? WHERE serial = ?", reason, serial)
    return Reply({"serial": serial, "answer": "released"})


def _is_released(world: World, serial: str) -> bool:
    return world.books.row("SELECT serial FROM releases WHERE serial = ?", serial) is not None


def _decide(world: World, incoming: Incoming, offer: dict[str, Any]) -> Reply:
    reason = "NOT_ACCEPTING" if incoming.refused else _objection(offer)
    if _is_released(world, incoming.body["serial"]):
        reason = "RELEASED"
    answer = {
        "funder_serial": world.next_serial("FD"),
        "answer": "refused" if reason else "approved",
        "reason": reason,
    }
    serial, at = incoming.body["serial"], world.clock.stamp()[0]
    world.books.insert("participations", serial=serial, at=at, **answer, **offer)
    return Reply(answer, silent=offer["principal_fen"] % 100 == SILENT_ENDING)


def _objection(offer: dict[str, Any]) -> str:
    principal, share, ratio = offer["principal_fen"], offer["share_amount_fen"], Decimal(offer["share_ratio"])
    if principal % 100 == REFUSED_ENDING:
        return "OUTSIDE_APPETITE"
    if not LEAST_SHARE <= ratio <= 1:
        return "SHARE_OUT_OF_RANGE"
    if abs(share - principal * ratio) > 1:
        return "SHARE_MISMATCH"
    if not 0 <= Decimal(offer["annual_rate"]) <= HIGHEST_RATE:
        return "RATE_OUT_OF_RANGE"
    return ""


EXCHANGES = [
    Exchange("funder", "participations", "POST", "/funder/v1/participations", decide_participation),
    Exchange("funder", "queries", "GET", "/funder/v1/participations/{serial}", find_participation),
    Exchange("funder", "releases", "POST", "/funder/v1/releases", release_participation),
]
