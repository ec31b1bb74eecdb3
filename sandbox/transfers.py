"""Payouts and collections: accepted now, settled a moment later, now and then returned.

The last two digits of an amount choose an unusual end:
.91 refused at once; .92 accepted, then failed; .93 succeeds, then returned; .94 succeeds, never called back.
"""

import sqlite3
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sandbox import ledger, notifications
from sandbox.ledger import Account, yuan
from sandbox.world import World

REFUSED_ENDING = 91
FAILING_ENDING = 92
RETURNED_ENDING = 93
SILENT_ENDING = 94
# How much longer than a settlement an institution waits for a payee who never confirms.
PATIENCE = 5


class Kind(StrEnum):
    """Which way the money goes: to a card, or from a card."""

    PAYOUT = "payout"
    COLLECTION = "collection"


REFUSAL_CODE = {Kind.PAYOUT: "PAYEE_REJECTED", Kind.COLLECTION: "PAYER_REJECTED"}
FAILURE_CODE = {Kind.PAYOUT: "PAYEE_ACCOUNT_ABNORMAL", Kind.COLLECTION: "CARD_BALANCE_NOT_ENOUGH"}
RETURN_CODE = {Kind.PAYOUT: "RETURNED_BY_PAYEE_BANK", Kind.COLLECTION: "DISPUTED_BY_PAYER"}
MESSAGES = {
    "PAYEE_REJECTED": "The payee's bank refuses this card.",
    "PAYER_REJECTED": "The payer's bank refuses this card.",
    "PAYER_BALANCE_NOT_ENOUGH": "The partner's balance does not cover the amount and the fee.",
    "CHANNEL_REFUSED": "The institution refuses this transfer.",
}


@dataclass(frozen=True)
class Instruction:
    """What the partner asks for; the amount is in fen."""

    serial: str
    kind: Kind
    amount_fen: int
    card_number: str
    party_name: str
    purpose: str
    notify_url: str
    fee_fen: int = 0

    def content(self) -> dict[str, Any]:
        """What a repeated instruction must agree in: all but the address to call back."""
        return {name: value for name, value in asdict(self).items() if name != "notify_url"}


def accept(world: World, instruction: Instruction, objection: str) -> dict[str, Any]:
    """Take an instruction into the books, accepted or (with an `objection`) refused; returns the answer."""
    objection = objection or find_objection(world, instruction)
    at, day = world.clock.stamp()
    channel_serial = world.next_serial("PY")
    world.books.insert(
        "transfers",
        **asdict(instruction),
        channel_serial=channel_serial,
        status="FAILED" if objection else "PROCESSING",
        code=objection,
        due_at=None if objection else time.time() + _until_settled(world, instruction),
        accepted_at=at,
        accepted_day=day,
        settled_at=at if objection else None,
        settled_day=day if objection else None,
    )
    answer = {"serial": instruction.serial, "channel_serial": channel_serial}
    if objection:
        return answer | {"status": "FAILED", "code": objection, "message": MESSAGES[objection]}
    if instruction.kind is Kind.PAYOUT:
        reserved = instruction.amount_fen + instruction.fee_fen
        _move(world, Account.PARTNER, Account.RESERVED, reserved, instruction.serial, "reserved")
    return answer | {"status": "ACCEPTED"}


def settle_due(world: World) -> int:
    """Bring every transfer whose time has come one step further, in one transaction; returns how many."""
    due = "SELECT * FROM transfers WHERE due_at <= ? ORDER BY due_at"
    if not world.books.row(due, time.time()):
        return 0
    with world.books.transaction():
        rows = world.books.rows(due, time.time())
        for row in rows:
            _take_a_step(world, row)
    return len(rows)


def describe(row: sqlite3.Row) -> dict[str, Any]:
    """A transfer as the partner sees it, in a query and in a callback."""
    paid = row["status"] in ("SUCCESS", "RETURNED")
    return {
        "serial": row["serial"],
        "channel_serial": row["channel_serial"],
        "status": row["status"],
        "amount": yuan(row["amount_fen"]),
        "fee": yuan(row["fee_fen"] if paid else 0),
        "finished_at": row["returned_at"] or row["settled_at"],
        "code": row["code"],
    }


def find(world: World, serial: str) -> sqlite3.Row | None:
    """The transfer that the partner calls `serial`."""
    return world.books.row("SELECT * FROM transfers WHERE serial = ?", serial)


def find_objection(world: World, instruction: Instruction) -> str:
    """Why an instruction cannot be taken: a code, or nothing."""
    if instruction.amount_fen % 100 == REFUSED_ENDING:
        return REFUSAL_CODE[instruction.kind]
    needed = instruction.amount_fen + instruction.fee_fen
    if instruction.kind is Kind.PAYOUT and ledger.balances(world.books)[Account.PARTNER] < needed:
        return "PAYER_BALANCE_NOT_ENOUGH"
    return ""


def _until_settled(world: World, instruction: Instruction) -> float:
    patience = PATIENCE if instruction.amount_fen % 100 in world.unconfirmed else 1
    return patience * world.settings.settle_seconds


def _take_a_step(world: World, row: sqlite3.Row) -> None:
    kind, ending = Kind(row["kind"]), row["amount_fen"] % 100
    failures = {FAILING_ENDING: FAILURE_CODE[kind], **world.unconfirmed}
    if row["status"] == "SUCCESS":
        _give_back(world, row)
        _record(world, row, "RETURNED", RETURN_CODE[kind], "returned")
    elif ending in failures:
        _release(world, row)
        _record(world, row, "FAILED", failures[ending], "settled")
    else:
        _pay(world, row)
        _record(world, row, "SUCCESS", "", "settled")


def _record(world: World, row: sqlite3.Row, status: str, code: str, moment: str) -> None:
    at, day = world.clock.stamp()
    comes_back = world.takes_back and status == "SUCCESS" and row["amount_fen"] % 100 == RETURNED_ENDING
    due_at = time.time() + world.settings.settle_seconds if comes_back else None
    world.books.change(
        f"UPDATE transfers SET status = ?, code = ?, due_at = ?, {moment}_at = ?, {moment}_day = ?"  # noqa: S608
        " WHERE serial = ?",
        *(status, code, due_at, at, day, row["serial"]),
    )
    changed = find(world, row["serial"])
    assert changed is not None
    if row["notify_url"] and row["amount_fen"] % 100 != SILENT_ENDING:
        notifications.write(world, row["serial"], {"kind": row["kind"], **describe(changed)})


def _pay(world: World, row: sqlite3.Row) -> None:
    serial, amount, fee = row["serial"], row["amount_fen"], row["fee_fen"]
    if row["kind"] == Kind.PAYOUT:
        _move(world, Account.RESERVED, Account.OUTSIDE, amount, serial, "paid")
        _move(world, Account.RESERVED, Account.FEES, fee, serial, "fee")
    else:
        _move(world, Account.OUTSIDE, Account.PARTNER, amount, serial, "paid")
        _move(world, Account.PARTNER, Account.FEES, fee, serial, "fee")


def _release(world: World, row: sqlite3.Row) -> None:
    if row["kind"] == Kind.PAYOUT:
        reserved = row["amount_fen"] + row["fee_fen"]
        _move(world, Account.RESERVED, Account.PARTNER, reserved, row["serial"], "released")


def _give_back(world: World, row: sqlite3.Row) -> None:
    """The amount goes back; the fee stays earned."""
    ways = {
        Kind.PAYOUT: (Account.OUTSIDE, Account.PARTNER),
        Kind.COLLECTION: (Account.PARTNER, Account.OUTSIDE),
    }
    source, target = ways[Kind(row["kind"])]
    _move(world, source, target, row["amount_fen"], row["serial"], "returned")


def _move(world: World, source: Account, target: Account, amount_fen: int, serial: str, reason: str) -> None:
    if amount_fen:  # a fee may be nothing
        ledger.move(world.books, world.clock, source, target, amount_fen, serial, reason)
