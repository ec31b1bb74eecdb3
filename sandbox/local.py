"""Addresses for whoever runs the sandbox: unsigned, and open only to the machine itself."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.exchange import Refusal
from sandbox.world import World

LocalHandler = Callable[[World, Request], Awaitable[dict[str, object]]]


def route(world: World, method: str, path: str, handler: LocalHandler) -> Route:
    """Open an address to loopback; a Refusal is answered with its status."""

    async def endpoint(request: Request) -> Response:
        if not _is_local(request):
            return _error(Refusal(403, "LOOPBACK_ONLY", "This address is open to the machine itself only."))
        try:
            return JSONResponse(await handler(world, request))
        except Refusal as refusal:
            return _error(refusal)

    return Route(path, endpoint, methods=[method])


async def body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises Refusal (400)."""
    try:
        found = await request.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(400, "INVALID_PARAMETER", "body must be a JSON object.")
    return found


def _is_local(request: Request) -> bool:
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback


def _error(refusal: Refusal) -> Response:
    return JSONResponse({"code": refusal.code, "message": refusal.message}, refusal.status)
