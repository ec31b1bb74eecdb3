"""The sandbox as one ASGI application: its addresses, and what goes on between messages."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from sandbox import control, exchange, funder, identity, payment, reading, sms, transfers
from sandbox.notifications import Courier
from sandbox.settings import Settings
from sandbox.world import World, open_world

EXCHANGES = [*identity.EXCHANGES, *payment.EXCHANGES, *funder.EXCHANGES, *sms.EXCHANGES]
SETTLE_POLL_SECONDS = 0.05


def create_app(settings: Settings) -> Starlette:
    """Open the books and the addresses."""
    world = open_world(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_settle(world)), asyncio.create_task(Courier(world).run())]
        for task in tasks:
            task.add_done_callback(_stop_if_failed)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        world.books.close()

    signed = [exchange.route(world, one) for one in EXCHANGES]
    return Starlette(routes=[*signed, *control.routes(world), *reading.routes(world)], lifespan=lifespan)


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A sandbox that no longer settles or calls back must not look healthy."""
    if not task.cancelled() and task.exception() is not None:
        logging.getLogger(__name__).error("The sandbox stops.", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


async def _settle(world: World) -> None:
    while True:
        transfers.settle_due(world)
        await asyncio.sleep(SETTLE_POLL_SECONDS)
