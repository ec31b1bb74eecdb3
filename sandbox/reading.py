"""The institutions' books, to be read and compared with."""

import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox import ledger, local
from sandbox.clock import iso
from sandbox.ledger import yuan
from sandbox.local import LocalHandler
from sandbox.transfers import Kind
from sandbox.world import World

MOST_ROWS = 1000


def routes(world: World) -> list[Route]:
    """The addresses of the books, and of health."""
    return [
        local.route(world, "GET", "/health", tell_health),
        local.route(world, "GET", "/books/sms", read_messages),
        local.route(world, "GET", "/books/payouts", _reading(Kind.PAYOUT)),
        local.route(world, "GET", "/books/collections", _reading(Kind.COLLECTION)),
        local.route(world, "GET", "/books/balances", read_balances),
        local.route(world, "GET", "/books/identity", read_identity_checks),
        local.route(world, "GET", "/books/participations", read_participations),
        local.route(world, "GET", "/books/sharing", read_sharing_queries),
    ]


def branch_routes(world: World, code: str) -> list[Route]:
    """The addresses of the books of an institution that keeps its own."""
    return [
        local.route(world, "GET", f"/books/{code}/payouts", _reading(Kind.PAYOUT)),
        local.route(world, "GET", f"/books/{code}/collections", _reading(Kind.COLLECTION)),
        local.route(world, "GET", f"/books/{code}/agreements", read_agreements),
        local.route(world, "GET", f"/books/{code}/balances", read_balances),
    ]


async def tell_health(world: World, request: Request) -> dict[str, Any]:
    """That the sandbox runs and reaches its books."""
    return {"status": "ok", "now": iso(world.clock.now())}


async def read_messages(world: World, request: Request) -> dict[str, Any]:
    """The texts sent, to `mobile` if given; the newest first."""
    rows = _select(world, "messages", _wanted(request, "mobile"), "id DESC")
    return {"messages": [_plain(row, "id") for row in rows]}


async def read_balances(world: World, request: Request) -> dict[str, Any]:
    """Each account's balance as carried and as summed from its movements, and the sum of all: 0.00."""
    found = ledger.balances(world.books)
    return {
        "accounts": {code: yuan(fen) for code, fen in found.items()},
        "accounts_from_movements": {code: yuan(_moved(world, code)) for code in found},
        "sum": yuan(sum(found.values())),
    }


async def read_agreements(world: World, request: Request) -> dict[str, Any]:
    """The agreements by which a merchant may deduct, of `card_number` if given; the newest first."""
    rows = _select(world, "agreements", _wanted(request, "card_number"), "bind_id DESC")
    return {"agreements": [_plain(row) for row in rows]}


async def read_identity_checks(world: World, request: Request) -> dict[str, Any]:
    """The identity checks, of `serial` if given; the newest first."""
    rows = _select(world, "identity_checks", _wanted(request, "serial"), "authority_serial DESC")
    return {"identity_checks": [_plain(row) for row in rows]}


async def read_participations(world: World, request: Request) -> dict[str, Any]:
    """The participations, of `serial` or `loan_reference` if given; the newest first."""
    rows = _select(world, "participations", _wanted(request, "serial", "loan_reference"), "funder_serial DESC")
    return {"participations": [_in_yuan(_plain(row)) for row in rows]}


async def read_sharing_queries(world: World, request: Request) -> dict[str, Any]:
    """The queries that the exchange of lenders put on, as it saw them; the newest first."""
    rows = _select(world, "sharing_queries", _wanted(request, "serial"), "id DESC")
    return {"queries": [_plain(row, "id") for row in rows]}


def _reading(kind: Kind) -> LocalHandler:
    async def read_transfers(world: World, request: Request) -> dict[str, Any]:
        wanted = {"kind": kind.value} | _wanted(request, "serial")
        if day := request.query_params.get("date"):
            wanted["coalesce(settled_day, accepted_day)"] = day
        rows = _select(world, "transfers", wanted, "channel_serial DESC")
        return {f"{kind}s": [_transfer(world, row) for row in rows]}

    return read_transfers


def _transfer(world: World, row: sqlite3.Row) -> dict[str, Any]:
    told = world.books.rows(
        "SELECT notification_id, status, attempts, delivered_at FROM notifications WHERE serial = ?"
        " ORDER BY notification_id",
        row["serial"],
    )
    more = {"at_its_end": row["due_at"] is None, "notifications": [dict(one) for one in told]}
    return _in_yuan(_plain(row, "due_at")) | more


def _moved(world: World, code: str) -> int:
    row = world.books.row(
        "SELECT coalesce(sum(CASE WHEN target = ?1 THEN amount_fen ELSE -amount_fen END), 0) AS fen"
        " FROM movements WHERE ?1 IN (source, target)",
        code,
    )
    assert row is not None
    return int(row["fen"])


def _wanted(request: Request, *names: str) -> dict[str, str]:
    return {name: request.query_params[name] for name in names if request.query_params.get(name)}


def _select(world: World, table: str, wanted: dict[str, str], order: str) -> list[sqlite3.Row]:
    conditions = " AND ".join(f"{column} = ?" for column in wanted) or "1 = 1"
    statement = f"SELECT * FROM {table} WHERE {conditions} ORDER BY {order} LIMIT {MOST_ROWS}"  # noqa: S608
    return world.books.rows(statement, *wanted.values())


def _plain(row: sqlite3.Row, *without: str) -> dict[str, Any]:
    return {name: row[name] for name in row.keys() if name not in without}  # noqa: SIM118


def _in_yuan(row: dict[str, Any]) -> dict[str, Any]:
    """The same with each amount in fen named and written as yuan."""
    return {name.removesuffix("_fen"): yuan(value) if name.endswith("_fen") else value for name, value in row.items()}
