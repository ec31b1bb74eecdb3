"""Comparing our movements of money with an institution's, one day at a time. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO
from payments.models import DifferenceKind, OrderKind

SUCCESS, RETURNED = "SUCCESS", "RETURNED"
Key = tuple[str, str]


def flow_of(kind: str, status: str, amount: Decimal) -> Decimal:
    """The effect of a success or a return on our cash without the fee: negative when money goes out."""
    goes_out = (kind == OrderKind.PAYOUT) == (status == SUCCESS)
    return -amount if goes_out else amount


@dataclass(frozen=True)
class Movement:
    """Money that moved through a channel: an order's success, or its return. Yuan; `date` is whose day it stands in."""

    out_trade_no: str
    channel_trade_no: str
    kind: str
    status: str
    amount: Decimal
    fee: Decimal
    date: dt.date

    @property
    def key(self) -> Key:
        """What makes it the same movement in both records."""
        return self.out_trade_no, self.status

    @property
    def flow(self) -> Decimal:
        """Its effect on our cash without the fee: negative when money goes out."""
        return flow_of(self.kind, self.status, self.amount)

    @property
    def effect(self) -> Decimal:
        """Its effect on our cash, the fee included."""
        return self.flow - self.fee


@dataclass(frozen=True)
class Discrepancy:
    """A difference: its class, the movement (theirs where there is one), and the effect on our cash by both records."""

    kind: DifferenceKind
    movement: Movement
    ours: Decimal
    theirs: Decimal


@dataclass(frozen=True)
class Surroundings:
    """What the comparison of a day must know of other days.

    `known` are the numbers that we sent; `earlier` and `later` the movements that statements of other days hold.
    """

    known: Collection[str] = frozenset()
    earlier: Collection[Key] = frozenset()
    later: Collection[Key] = frozenset()


def compare(
    *, date: dt.date, theirs: Sequence[Movement], ours: Mapping[Key, Movement], around: Surroundings
) -> list[Discrepancy]:
    """Every difference of the statement of `date`, each of one class. `ours` holds our movements of that day and
    those, of any day, that the statement names.
    """
    found: list[Discrepancy] = []
    stated: set[Key] = set()
    again: dict[tuple[Key, str], list[Movement]] = {}
    for line in theirs:
        if line.key in stated or line.key in around.earlier:
            again.setdefault((line.key, line.channel_trade_no), []).append(line)
        else:
            stated.add(line.key)
            found += _against_ours(line, ours.get(line.key), around)
    for lines in again.values():
        surplus = sum((line.effect for line in lines), ZERO)
        found.append(Discrepancy(DifferenceKind.DUPLICATE, lines[0], ZERO, surplus))
    elsewhere = {*stated, *around.earlier, *around.later}
    found += _missing_at_them(date, ours.values(), elsewhere)
    return found


def _against_ours(line: Movement, mine: Movement | None, around: Surroundings) -> list[Discrepancy]:
    if mine is None:
        known = line.out_trade_no in around.known
        kind = DifferenceKind.STATUS_MISMATCH if known else DifferenceKind.MISSING_AT_US
        return [Discrepancy(kind, line, ZERO, line.effect)]
    found = []
    if mine.flow != line.flow:
        found.append(Discrepancy(DifferenceKind.AMOUNT_MISMATCH, line, mine.flow, line.flow))
    if mine.fee != line.fee:
        found.append(Discrepancy(DifferenceKind.FEE_MISMATCH, line, -mine.fee, -line.fee))
    if mine.date != line.date:
        found.append(Discrepancy(DifferenceKind.DAY_CUTOVER, line, mine.effect, line.effect))
    return found


def _missing_at_them(date: dt.date, ours: Iterable[Movement], elsewhere: Collection[Key]) -> list[Discrepancy]:
    return [
        Discrepancy(DifferenceKind.MISSING_AT_THEM, mine, mine.effect, ZERO)
        for mine in ours
        if mine.date == date and mine.key not in elsewhere
    ]
