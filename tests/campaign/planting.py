"""Statements that lie: differences of every class the product knows, planted in the institutions' own books behind
their backs. So each states them in its own form, with totals that agree, signed.
"""

import datetime as dt
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.journey.world import World
from core import clock
from payments import settlement
from payments.channels import CHANNELS, PAYMENT, Channel
from payments.models import Difference, DifferenceKind, OrderStatus, PaymentOrder
from tests.campaign.campaign import REQUEST_FAULTS
from tests.campaign.house import House
from tests.support.processes import wait_until

Row = dict[str, Any]
Found = tuple[str, str, str, str]  # institution, class, our number, movement
ONE_DAY = dt.timedelta(days=1)
LOOSENED = """
PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;
CREATE TABLE altered AS SELECT * FROM transfers; DROP TABLE transfers; ALTER TABLE altered RENAME TO transfers;
"""


@dataclass
class Planting:
    """One institution's books, open while it is away, and what has been planted in them for one day."""

    channel: Channel
    books: sqlite3.Connection
    day: dt.date
    chance: random.Random
    planted: set[Found] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.books.row_factory = sqlite3.Row
        self.books.executescript(LOOSENED)  # a statement may name one transfer twice
        paid = "SELECT * FROM transfers WHERE settled_day = ? AND status = 'SUCCESS'"
        self.rows: list[Row] = [dict(row) for row in self.books.execute(paid, [self.day.isoformat()])]
        self.untouched = list(self.rows)
        failed = PaymentOrder.objects.filter(status=OrderStatus.FAILED, channel=self.channel.code)
        self.refused = list(failed.exclude(attempts=None).prefetch_related("attempts"))

    def can_plant(self, kind: DifferenceKind) -> bool:
        """Whether the institution has what this class is made of. One that charges nothing states no fee."""
        if not self.untouched or (kind == DifferenceKind.STATUS_MISMATCH and not self.refused):
            return False
        return kind != DifferenceKind.FEE_MISMATCH or self.untouched[0]["fee_fen"] > 0

    def plant(self, kind: DifferenceKind) -> None:
        """One difference of this class."""
        ways: dict[DifferenceKind, Callable[[Row], str]] = {
            DifferenceKind.MISSING_AT_US: self._add_strange_one,
            DifferenceKind.MISSING_AT_THEM: self._take_out,
            DifferenceKind.AMOUNT_MISMATCH: lambda row: self._change(row, amount_fen=row["amount_fen"] + 1),
            DifferenceKind.FEE_MISMATCH: lambda row: self._change(row, fee_fen=row["fee_fen"] + 1),
            DifferenceKind.DUPLICATE: lambda row: self._add(row, fee_fen=0),
            DifferenceKind.STATUS_MISMATCH: self._call_a_failure_paid,
            DifferenceKind.DAY_CUTOVER: self._put_off,
        }
        row = self.untouched.pop(self.chance.randrange(len(self.untouched)))
        self.planted.add((self.channel.code, kind, ways[kind](row), "SUCCESS"))

    def _add_strange_one(self, row: Row) -> str:
        return self._add(row, serial=f"STRANGE{self.chance.randrange(10**8):08}", channel_serial=self._new_number(row))

    def _call_a_failure_paid(self, row: Row) -> str:
        order = self.refused.pop(self.chance.randrange(len(self.refused)))
        number = list(order.attempts.all())[-1].out_trade_no
        self.books.execute("DELETE FROM transfers WHERE serial = ?", [number])
        told = {"serial": number, "kind": order.kind, "amount_fen": int(order.amount * 100)}
        return self._add(row, channel_serial=self._new_number(row), **told)

    def _put_off(self, row: Row) -> str:
        later = dt.datetime.fromisoformat(row["settled_at"]) + ONE_DAY
        return self._change(row, settled_day=(self.day + ONE_DAY).isoformat(), settled_at=later.isoformat())

    def _take_out(self, row: Row) -> str:
        self.books.execute("DELETE FROM transfers WHERE serial = ?", [row["serial"]])
        return str(row["serial"])

    def _change(self, row: Row, **changes: object) -> str:
        self._take_out(row)
        return self._add(row, **changes)

    def _add(self, row: Row, **changes: object) -> str:
        changed = {**row, **changes}
        marks = ", ".join("?" * len(changed))
        statement = f"INSERT INTO transfers ({', '.join(changed)}) VALUES ({marks})"
        self.books.execute(statement, list(changed.values()))
        return str(changed["serial"])

    def _new_number(self, row: Row) -> str:
        """A number of the institution's own that it never gave."""
        return f"{row['channel_serial'][:-8]}{self.chance.randrange(10**8):08}"


def require_all_planted_found(house: House) -> str:
    """Settle the days of a campaign from statements that lie; each lie is found, and nothing else. Says how many.

    The platform's processes are stopped: they would ask about each difference, and hear the lie again.
    """
    days = sorted({day for day in PaymentOrder.objects.values_list("settled_on", flat=True) if day})
    house.platform.stop()
    _live_until(house, days[-1] + 2 * ONE_DAY)
    planted, lines = _plant(house, days[0])
    for day in (days[0], days[0] + ONE_DAY):
        _settle(house, day)
    found = Difference.objects.filter(status=Difference.Status.OPEN) | Difference.objects.filter(
        kind=DifferenceKind.DAY_CUTOVER, status=Difference.Status.CLEARED
    )
    seen = set(found.values_list("channel", "kind", "out_trade_no", "movement"))
    if len(days) > 1:  # midnight passed, and some orders really stand on one day here and on the next there
        seen -= {one for one in seen if one[1] == DifferenceKind.DAY_CUTOVER} - planted
    assert seen == planted
    institutions, classes = ({one[place] for one in planted} for place in (0, 1))
    assert classes == set(DifferenceKind)
    return (
        f"{len(planted)} differences of {len(classes)} classes planted in {lines} lines of {len(institutions)}"
        " institutions' statements: all found, none invented"
    )


def _plant(house: House, day: dt.date) -> tuple[set[Found], int]:
    """Each class once where there is most to choose from, then each in every institution's books as they allow. Says
    what was planted, and among how many transfers.
    """
    house.sandbox.kill("sandbox")
    plantings = [
        Planting(channel, sqlite3.connect(_file_of(house, channel)), day, house.chance) for channel in CHANNELS.values()
    ]
    for kind in DifferenceKind:
        able = [one for one in plantings if one.can_plant(kind)]
        max(able, key=lambda one: len(one.untouched)).plant(kind)
    for planting in plantings:
        for kind in DifferenceKind:
            for _number in range(max(1, len(planting.rows) // 100)):
                if planting.can_plant(kind):
                    planting.plant(kind)
    for planting in plantings:
        with closing(planting.books) as books:
            books.commit()
    house.sandbox.start("sandbox")
    house.sandbox.wait_for_answer("sandbox", f"{house.sandbox.url}/health")
    return {one for planting in plantings for one in planting.planted}, sum(len(one.rows) for one in plantings)


def _file_of(house: House, channel: Channel) -> Path:
    return house.session.sandbox_data / f"{'books' if channel == PAYMENT else channel.code}.sqlite3"


def _live_until(house: House, date: dt.date) -> None:
    """Let the statements of the days before be ready, here and at the institutions."""
    latest = max(channel.statement_delay for channel in CHANNELS.values())
    moment = clock.start_of_day(date) + latest + dt.timedelta(minutes=5)
    clock.move_to(moment, by="system:test")
    World(house.sandbox.url).follow_clock(moment)


def _settle(house: House, day: dt.date) -> None:
    """Fetch every institution's statement, though each kind of fault befalls it once, reconcile and report."""
    for fault in REQUEST_FAULTS:
        house.sandbox.fault("statements", fault, count=1)
    wait_until(lambda: settlement.settle_day(day), f"the statements of {day}")
