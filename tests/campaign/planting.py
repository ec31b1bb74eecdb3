"""Statements that lie: differences of every class the product knows, planted in the institution's own files."""

import csv
import datetime as dt
import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from config.journey.world import World
from core import clock
from core.money import ZERO
from payments import settlement, statements
from payments.channels import PAYMENT
from payments.channels.payment import COLUMNS, TOTAL
from payments.models import Difference, DifferenceKind, OrderStatus, PaymentOrder
from tests.campaign.house import House

Row = dict[str, str]
Found = tuple[str, str, str]  # class, our number, movement
ONE_DAY = dt.timedelta(days=1)


@dataclass
class Planting:
    """The rows of one day's statement, and what has been planted in them."""

    rows: list[Row]
    chance: random.Random
    planted: set[Found] = field(default_factory=set)
    late: list[Row] = field(default_factory=list)  # these stand in the next day's statement

    def __post_init__(self) -> None:
        serials = [row["serial"] for row in self.rows]
        self.untouched = [row for row in self.rows if serials.count(row["serial"]) == 1]
        self.refused = list(PaymentOrder.objects.filter(status=OrderStatus.FAILED).exclude(attempts=None))

    def each_class(self) -> dict[DifferenceKind, Callable[[], Row]]:
        """How one difference of each class is made; returns the row that it shows in."""
        return {
            DifferenceKind.MISSING_AT_US: self._add_strange_one,
            DifferenceKind.MISSING_AT_THEM: self._take_out,
            DifferenceKind.AMOUNT_MISMATCH: lambda: self._alter("amount"),
            DifferenceKind.FEE_MISMATCH: lambda: self._alter("fee"),
            DifferenceKind.DUPLICATE: self._repeat,
            DifferenceKind.STATUS_MISMATCH: self._call_a_failure_paid,
            DifferenceKind.DAY_CUTOVER: self._put_off,
        }

    def plant(self, kind: DifferenceKind) -> None:
        """One difference of this class."""
        row = self.each_class()[kind]()
        self.planted.add((kind, row["serial"], row["status"]))

    def _choose(self) -> Row:
        return self.untouched.pop(self.chance.randrange(len(self.untouched)))

    def _add_strange_one(self) -> Row:
        number = self.chance.randrange(10**8)
        row = self._choose() | {"serial": f"STRANGE{number}", "channel_serial": f"PYS{number}"}
        self.rows.append(row)
        return row

    def _take_out(self) -> Row:
        row = self._choose()
        self.rows.remove(row)
        return row

    def _alter(self, column: str) -> Row:
        row = self._choose()
        row[column] = str(Decimal(row[column]) + Decimal("0.01"))
        return row

    def _repeat(self) -> Row:
        row = self._choose()
        self.rows.append(dict(row))
        return row

    def _call_a_failure_paid(self) -> Row:
        order = self.refused.pop(self.chance.randrange(len(self.refused)))
        row = self._choose() | {"serial": order.serial, "kind": order.kind, "amount": str(order.amount)}
        self.rows.append(row)
        return row

    def _put_off(self) -> Row:
        row = self._take_out()
        self.late.append(row)
        return row


def require_all_planted_found(house: House) -> str:
    """Settle the days of a campaign with statements that lie; each lie is found, and nothing else. Says how many."""
    days = sorted({day for day in PaymentOrder.objects.values_list("settled_on", flat=True) if day})
    _live_until(house, days[-1] + 2 * ONE_DAY)
    planting = Planting(_stated(days[0]), house.chance)
    for kind in DifferenceKind:
        for _number in range(max(1, len(planting.rows) // 100)):
            planting.plant(kind)
    _settle(days[0], planting.rows)
    _settle(days[0] + ONE_DAY, [*planting.late, *_stated(days[0] + ONE_DAY)])
    found = Difference.objects.filter(status=Difference.Status.OPEN) | Difference.objects.filter(
        kind=DifferenceKind.DAY_CUTOVER, status=Difference.Status.CLEARED
    )
    seen = set(found.values_list("kind", "out_trade_no", "movement"))
    if len(days) > 1:  # midnight passed, and some orders really stand on one day here and on the next there
        seen -= {one for one in seen if one[0] == DifferenceKind.DAY_CUTOVER} - planting.planted
    assert seen == planting.planted
    lines = len(planting.rows)
    return f"{len(planting.planted)} differences planted in {lines} lines, of {len(DifferenceKind)} classes: all found"


def _live_until(house: House, date: dt.date) -> None:
    """Let the statements of the days before be ready, here and at the institution."""
    moment = clock.start_of_day(date) + PAYMENT.statement_delay + dt.timedelta(minutes=5)
    clock.move_to(moment, by="system:test")
    World(house.sandbox.url).follow_clock(moment)


def _stated(date: dt.date) -> list[Row]:
    """What the institution really states of a day."""
    stated = PAYMENT.fetch_statement(date, serial=f"S{date:%Y%m%d}")
    assert stated
    lines = stated.content.splitlines()
    return list(csv.DictReader(lines[:-1]))


def _settle(date: dt.date, rows: list[Row]) -> None:
    """Import a statement with these rows, reconcile and report."""
    content = _written(rows)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    statements.import_statement(channel=PAYMENT, date=date, sha256=sha256, content=content, serial=f"P{date:%Y%m%d}")
    assert settlement.settle_day(date)


def _written(rows: list[Row]) -> str:
    """A statement in the institution's form, with totals that agree with its lines."""
    flows = [-Decimal(row["amount"]) if _goes_out(row) else Decimal(row["amount"]) for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[column] for column in COLUMNS] for row in rows)
    sums = (-sum((flow for flow in flows if flow < 0), ZERO), sum((flow for flow in flows if flow > 0), ZERO))
    writer.writerow((TOTAL, len(rows), *sums, sum((Decimal(row["fee"]) for row in rows), ZERO)))
    return out.getvalue()


def _goes_out(row: Row) -> bool:
    return (row["kind"] == "payout") == (row["status"] == "SUCCESS")
