"""The sandbox as one ASGI application: its addresses, and what goes on between messages."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from sandbox import (
    alipay,
    bank,
    control,
    day_files,
    exchange,
    funder,
    identity,
    payment,
    reading,
    sharing,
    sms,
    transfers,
    unionpay,
    wechat,
)
from sandbox.notifications import Courier
from sandbox.settings import Settings
from sandbox.world import World, open_branch, open_world

EXCHANGES = [
    *identity.EXCHANGES,
    *payment.EXCHANGES,
    *funder.EXCHANGES,
    *day_files.EXCHANGES,
    *sms.EXCHANGES,
    *sharing.EXCHANGES,
]
SETTLE_POLL_SECONDS = 0.05


def create_app(settings: Settings) -> Starlette:
    """Open the books and the addresses."""
    world = open_world(settings)
    branches = {
        alipay: open_branch(world, alipay.CODE),
        wechat: open_branch(world, wechat.CODE, unconfirmed=wechat.UNCONFIRMED, takes_back=False),
        unionpay: open_branch(world, unionpay.CODE),
        bank: open_branch(world, bank.CODE),
    }
    worlds = [world, *branches.values()]
    letters = [Courier(its, branch.write_letter, branch.is_taken) for branch, its in branches.items()]
    couriers = [Courier(world), *letters]

    def begin_anew() -> None:
        for courier in couriers:
            courier.forget()
        for one in worlds:
            one.begin_anew()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        endless = [*(_settle(one) for one in worlds), *(courier.run() for courier in couriers)]
        tasks = [asyncio.create_task(one) for one in endless]
        for task in tasks:
            task.add_done_callback(_stop_if_failed)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in worlds:
            one.books.close()

    played = [exchange.route(world, one, exchange.PLAIN) for one in EXCHANGES]
    read = reading.routes(world)
    for branch, its in branches.items():
        played += branch.routes(its)
        read += reading.branch_routes(its, branch.CODE)
    return Starlette(
        routes=[*played, *control.routes(world, begin_anew), *sharing.routes(world), *read], lifespan=lifespan
    )


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A sandbox that no longer settles or calls back must not look healthy."""
    if not task.cancelled() and task.exception() is not None:
        logging.getLogger(__name__).error("The sandbox stops.", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


async def _settle(world: World) -> None:
    while True:
        transfers.settle_due(world)
        await asyncio.sleep(SETTLE_POLL_SECONDS)
