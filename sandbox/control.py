"""The control address: move the clock, order faults, begin anew."""

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox import local
from sandbox.checks import invalid
from sandbox.clock import iso
from sandbox.faults import TARGETS, Fault
from sandbox.world import World

FARTHEST_SECONDS = 50 * 366 * 86400
LONGEST_FAULT_SECONDS = 600


def routes(world: World, begin_anew: Callable[[], None]) -> list[Route]:
    """The control addresses; `begin_anew` empties the books of every institution."""

    async def empty_books(world: World, request: Request) -> dict[str, Any]:
        """Empty books, no faults, the real time."""
        begin_anew()
        return await tell_time(world, request)

    return [
        local.route(world, "DELETE", "/control/books", empty_books),
        local.route(world, "GET", "/control/clock", tell_time),
        local.route(world, "POST", "/control/clock", move_clock),
        local.route(world, "GET", "/control/faults", list_faults),
        local.route(world, "POST", "/control/faults", order_fault),
        local.route(world, "DELETE", "/control/faults", clear_faults),
    ]


async def tell_time(world: World, request: Request) -> dict[str, Any]:
    """The sandbox's present and its distance from the real one."""
    return {"now": iso(world.clock.now()), "offset_seconds": world.clock.offset_seconds}


async def move_clock(world: World, request: Request) -> dict[str, Any]:
    """Set the clock by `offset_seconds`, or to `now` (ISO 8601 with a zone)."""
    body = await local.body(request)
    world.clock.move(_seconds_until(body["now"]) if "now" in body else _offset(body.get("offset_seconds")))
    return await tell_time(world, request)


async def list_faults(world: World, request: Request) -> dict[str, Any]:
    """The faults in force."""
    return {"faults": [dict(row) for row in world.faults.in_force()]}


async def order_fault(world: World, request: Request) -> dict[str, Any]:
    """Order a fault for the next `count` messages of a target, or for all (null)."""
    body = await local.body(request)
    target, fault = body.get("target"), body.get("fault")
    if not isinstance(target, str) or target not in TARGETS:
        raise invalid("target", f"must be one of {', '.join(sorted(TARGETS))}")
    if not isinstance(fault, str) or fault not in TARGETS[target]:
        raise invalid("fault", f"of {target} must be one of {', '.join(sorted(TARGETS[target]))}")
    world.faults.order(target, Fault(fault), _count(body.get("count")), _delay(body.get("seconds", 0)))
    return await list_faults(world, request)


async def clear_faults(world: World, request: Request) -> dict[str, Any]:
    """End all faults."""
    world.faults.clear()
    return await list_faults(world, request)


def _offset(value: Any) -> float:
    if not _is_number(value) or abs(value) > FARTHEST_SECONDS:
        raise invalid("offset_seconds", f"must be a number of at most {FARTHEST_SECONDS}")
    return float(value)


def _seconds_until(text: Any) -> float:
    try:
        moment = dt.datetime.fromisoformat(text)
        return _offset((moment - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, TypeError):
        raise invalid("now", "must be a time in ISO 8601 with its zone") from None


def _count(value: Any) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    raise invalid("count", "must be a whole number above zero, or null for all")


def _delay(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= LONGEST_FAULT_SECONDS:
        raise invalid("seconds", f"must be a number from 0 to {LONGEST_FAULT_SECONDS}")
    return float(value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
