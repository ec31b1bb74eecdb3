"""Callbacks to the partner: written with the change they tell of, repeated until answered 200 or given up."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import httpx

from sandbox import signing
from sandbox.faults import CALLBACKS, Fault, Misfortune
from sandbox.world import World

# Seconds from one delivery to the next; after the last one the partner has to ask.
PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
TIMEOUT_SECONDS = 5.0
AT_ONCE = 8
POLL_SECONDS = 0.05


def write(world: World, serial: str, message: dict[str, Any]) -> None:
    """Put a callback into the books, inside the transaction that made the change."""
    notification_id = world.next_serial("NT")
    body = json.dumps({"notification_id": notification_id, **message}, ensure_ascii=False)
    world.books.insert(
        "notifications",
        notification_id=notification_id,
        serial=serial,
        status=message["status"],
        body=body,
        due_at=time.time(),
    )


Letter = tuple[str, dict[str, str]]
LetterWriter = Callable[[World, sqlite3.Row, str, bool], Letter]


def write_letter(world: World, row: sqlite3.Row, path: str, spoiled: bool) -> Letter:
    """Body and headers of a callback of the payment institution to `path`; a `spoiled` one is signed wrongly."""
    signature = signing.stamp(world.keys["payment"], "POST", path, body=row["body"], spoiled=spoiled)
    headers = {"Content-Type": "application/json", "X-Partner": "payment", "X-Serial": row["notification_id"]}
    return row["body"], headers | signature


def is_taken(text: str, status: int) -> bool:
    """Whether an answer says that the partner has it."""
    return status == 200


class Courier:
    """Delivers what is due, several at once, so that one slow delivery holds up no other."""

    def __init__(
        self,
        world: World,
        write_letter: LetterWriter = write_letter,
        is_taken: Callable[[str, int], bool] = is_taken,
    ) -> None:
        self._world = world
        self._write_letter = write_letter
        self._is_taken = is_taken
        self._on_the_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        async with http as client, asyncio.TaskGroup() as deliveries:
            while True:
                for row in self._due():
                    self._on_the_way[row["notification_id"]] = deliveries.create_task(self._deliver(client, row))
                await asyncio.sleep(POLL_SECONDS)

    def forget(self) -> None:
        """Let go of whatever is on its way."""
        for delivery in self._on_the_way.values():
            delivery.cancel()
        self._on_the_way.clear()

    def _due(self) -> list[sqlite3.Row]:
        rows = self._world.books.rows(
            "SELECT n.*, t.notify_url FROM notifications n JOIN transfers t USING (serial)"
            " WHERE n.due_at <= ? ORDER BY n.due_at LIMIT ?",
            *(time.time(), 2 * AT_ONCE),
        )
        waiting = [row for row in rows if row["notification_id"] not in self._on_the_way]
        return waiting[: AT_ONCE - len(self._on_the_way)]

    async def _deliver(self, client: httpx.AsyncClient, row: sqlite3.Row) -> None:
        misfortune = self._world.faults.befall(CALLBACKS)
        answered = await self._send(client, row, misfortune)
        if misfortune.fault is Fault.DUPLICATE:
            await self._send(client, row, Misfortune())
        self._record(row, answered)
        del self._on_the_way[row["notification_id"]]

    def _record(self, row: sqlite3.Row, answered: bool) -> None:
        attempts, now = row["attempts"] + 1, time.time()
        again = not answered and attempts <= len(PAUSES)
        with self._world.books.transaction():
            self._world.books.change(
                "UPDATE notifications SET attempts = ?, due_at = ?, delivered_at = ? WHERE notification_id = ?",
                attempts,
                now + PAUSES[attempts - 1] if again else None,
                now if answered else None,
                row["notification_id"],
            )

    async def _send(self, client: httpx.AsyncClient, row: sqlite3.Row, misfortune: Misfortune) -> bool:
        """One delivery; whether the partner is known to have it."""
        if misfortune.fault is Fault.DELAY:
            await asyncio.sleep(misfortune.seconds)
        if misfortune.fault is Fault.LOSE:
            return False
        url = httpx.URL(row["notify_url"])
        spoiled = misfortune.fault is Fault.BAD_SIGNATURE
        body, headers = self._write_letter(self._world, row, url.raw_path.decode(), spoiled)
        try:
            response = await client.post(url, content=body.encode(), headers=headers)
        except httpx.HTTPError:
            return False
        return self._is_taken(response.text, response.status_code) and misfortune.fault is not Fault.LOSE_ANSWER
