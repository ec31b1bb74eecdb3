"""The payment institution's statement of a day: every movement of the partner's money, a total, a hash.

It is made from the books when asked for. Once it is ready its day is over: it comes out the same every time.
"""

import csv
import datetime as dt
import hashlib
import io
from dataclasses import dataclass
from typing import Any

from sandbox import checks
from sandbox.clock import ZONE
from sandbox.exchange import Incoming, Refusal
from sandbox.ledger import yuan
from sandbox.transfers import Kind
from sandbox.world import World

COLUMNS = ("channel_serial", "serial", "kind", "amount", "fee", "status", "finished_at")
READY_TIME = dt.time(10, 0)


@dataclass(frozen=True)
class Line:
    """One movement: a success, or the return of an earlier one (which charges no fee). Amounts are in fen."""

    channel_serial: str
    serial: str
    kind: str
    amount_fen: int
    fee_fen: int
    status: str
    finished_at: str

    @property
    def goes_out(self) -> bool:
        """Whether the amount left the partner's balance."""
        return (self.kind == Kind.PAYOUT) == (self.status == "SUCCESS")

    @property
    def effect_fen(self) -> int:
        """What it did to the partner's balance."""
        return (-self.amount_fen if self.goes_out else self.amount_fen) - self.fee_fen


def ready_at(day: dt.date) -> dt.datetime:
    """When the statement of `day` can be had: 10:00 of the next day in Asia/Shanghai."""
    return dt.datetime.combine(day, READY_TIME, tzinfo=ZONE) + dt.timedelta(days=1)


def ready_day(world: World, incoming: Incoming) -> dt.date:
    """The day whose statement is asked for. Raises Refusal: 400 for what is no date, 409 before it is ready."""
    try:
        day = dt.date.fromisoformat(incoming.path["day"])
        ready = ready_at(day)
    except (ValueError, OverflowError):
        raise checks.invalid("date", "must be YYYY-MM-DD") from None
    if incoming.refused or world.clock.now() < ready:
        raise Refusal(409, "NOT_READY", "A day's statement is ready at 10:00 of the day after.")
    return day


def statement(world: World, day: dt.date) -> dict[str, Any]:
    """The statement of `day` as CSV, with the number of its lines and the SHA-256 of its UTF-8 bytes."""
    lines = lines_of(world, day)
    content = _csv(lines)
    return {
        "date": day.isoformat(),
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "content": content,
        "rows": len(lines),
    }


def lines_of(world: World, day: dt.date) -> list[Line]:
    """The movements of `day`, in their order."""
    rows = world.books.rows(
        "SELECT channel_serial, serial, kind, amount_fen, fee_fen,"
        " 'SUCCESS' AS status, settled_at AS finished_at"
        " FROM transfers WHERE settled_day = ? AND status IN ('SUCCESS', 'RETURNED')"
        " UNION ALL"
        " SELECT channel_serial, serial, kind, amount_fen, 0, 'RETURNED', returned_at"
        " FROM transfers WHERE returned_day = ?"
        " ORDER BY finished_at, channel_serial, status DESC",
        *(day.isoformat(), day.isoformat()),
    )
    return [Line(**dict(row)) for row in rows]


def _csv(lines: list[Line]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        amounts = (yuan(line.amount_fen), yuan(line.fee_fen))
        writer.writerow((line.channel_serial, line.serial, line.kind, *amounts, line.status, line.finished_at))
    sum_out = sum(line.amount_fen for line in lines if line.goes_out)
    sum_in = sum(line.amount_fen for line in lines if not line.goes_out)
    fees = sum(line.fee_fen for line in lines)
    writer.writerow(("#total", len(lines), yuan(sum_out), yuan(sum_in), yuan(fees)))
    return out.getvalue()
