"""Which institution an order goes through: rules, what each institution did lately, and the reasons. Pure: no
database, no clock.

Of the channels that may take an order the one with the least expected cost is chosen: its fee, and for the share of
its late tries that failed what a failed try costs us. A channel whose tries keep failing is left alone for a while
(its breaker is open); then a single order probes it.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO, round_money
from payments.kinds import OrderKind

# Of late tries one this old counts half.
HALF_LIFE = dt.timedelta(minutes=10)
# So many good tries are taken for granted: a channel that was hardly used is neither trusted nor distrusted for it.
TAKEN_FOR_GRANTED = 5.0
BREAKS_AFTER = 5
PAUSE = dt.timedelta(minutes=1)


class Objection(StrEnum):
    """Why a channel cannot take an order."""

    OFF = "off"
    PAYEE = "payee"
    TRIED = "tried"
    CLOSED = "closed"
    BANK = "bank"
    ORDER_LIMIT = "order_limit"
    DAY_LIMIT = "day_limit"
    BREAKER = "breaker"


@dataclass(frozen=True)
class Lane:
    """The rules for one channel and one kind of order. Amounts in yuan, `fee_rate` a fraction of the amount, hours by
    the business clock.

    No limit is None, no hours are open day and night (they may pass midnight), no banks are all banks.
    """

    channel: str
    fixed_fee: Decimal = ZERO
    fee_rate: Decimal = Decimal(0)
    order_limit: Decimal | None = None
    day_limit: Decimal | None = None
    opens: dt.time | None = None
    closes: dt.time | None = None
    banks: frozenset[str] = frozenset()
    on: bool = True
    kind: OrderKind = OrderKind.PAYOUT

    def fee(self, amount: Decimal) -> Decimal:
        """What `amount` yuan through this channel cost us, in yuan."""
        return round_money(self.fixed_fee + self.fee_rate * amount)

    def is_open(self, at: dt.time) -> bool:
        """Whether it works at this time of day."""
        if self.opens is None or self.closes is None:
            return True
        if self.opens <= self.closes:
            return self.opens <= at < self.closes
        return at >= self.opens or at < self.closes


@dataclass(frozen=True)
class Rules:
    """One version of the rules. `failed_try_cost` is what a failed try costs us in yuan: the customer's waiting."""

    lanes: tuple[Lane, ...]
    failed_try_cost: Decimal

    def lanes_for(self, kind: OrderKind) -> tuple[Lane, ...]:
        """The lanes that orders of one kind may take."""
        return tuple(lane for lane in self.lanes if lane.kind == kind)


@dataclass(frozen=True)
class Try:
    """One sending through a channel: when, for how many seconds, and whether the channel did its part (None: not yet
    known). A refusal that is the payee's own is a good try.
    """

    at: dt.datetime
    good: bool | None
    seconds: float = 0.0


@dataclass(frozen=True)
class Record:
    """What a channel did lately with one kind of order: its tries, the last one last, and the yuan that went through it
    today.
    """

    tries: Sequence[Try] = ()
    moved_today: Decimal = ZERO

    def success(self, now: dt.datetime) -> float:
        """The share of good tries, the late ones counting more."""
        known = [(0.5 ** ((now - one.at) / HALF_LIFE), one.good) for one in self._known]
        good = sum(weight for weight, was_good in known if was_good)
        return (good + TAKEN_FOR_GRANTED) / (sum(weight for weight, _ in known) + TAKEN_FOR_GRANTED)

    def seconds(self, now: dt.datetime) -> float:
        """How long a try takes, the late ones counting more; 0 where nothing is known."""
        known = [(0.5 ** ((now - one.at) / HALF_LIFE), one.seconds) for one in self._known]
        total = sum(weight for weight, _ in known)
        return sum(weight * seconds for weight, seconds in known) / total if total else 0.0

    @property
    def _known(self) -> list[Try]:
        return [one for one in self.tries if one.good is not None]

    @property
    def has_tripped(self) -> bool:
        """Whether its last tries all failed: it takes no order but a probe."""
        last = self._known[-BREAKS_AFTER:]
        return len(last) == BREAKS_AFTER and not any(one.good for one in last)

    def is_broken(self, now: dt.datetime) -> bool:
        """Whether the breaker is open: the last tries all failed, and it is too early for a probe. One that is not
        heard of for as long as that is followed by another.
        """
        if not self.has_tripped:
            return False
        failed_at = self._known[-1].at
        silent = [one.at for one in self.tries if one.good is None and one.at > failed_at]
        return now - max([failed_at, *silent]) < PAUSE


@dataclass(frozen=True)
class Wish:
    """What is to be sent: yuan, the code of the bank at the other end, and the moment by the business clock. `channels`
    are those that can carry out such an order at all.
    """

    kind: OrderKind
    amount: Decimal
    bank: str
    local: dt.datetime
    channels: frozenset[str]


@dataclass(frozen=True)
class Candidate:
    """A channel as it was looked at: what speaks against it, or its fee, expected cost (yuan) and late record."""

    channel: str
    objection: Objection | None
    fee: Decimal
    expected_cost: Decimal
    success: float
    seconds: float


@dataclass(frozen=True)
class Choice:
    """The channel chosen (None: there is none now), and all that were looked at, in the order of the rules."""

    channel: str | None
    candidates: tuple[Candidate, ...]


def choose(
    wish: Wish,
    *,
    rules: Rules,
    records: Mapping[str, Record],
    now: dt.datetime,
    tried: Collection[str] = frozenset(),
) -> Choice:
    """The cheapest channel that may take the order, and why; of equally cheap ones the quicker, then the first.

    `now` is real time, by which `records` of this kind of order were kept; `tried` the channels that have refused it.
    """
    candidates = tuple(
        _look_at(lane, wish, rules, records.get(lane.channel, Record()), now, tried)
        for lane in rules.lanes_for(wish.kind)
    )
    fit = [candidate for candidate in candidates if candidate.objection is None]
    best = min(fit, key=lambda candidate: (candidate.expected_cost, candidate.seconds), default=None)
    return Choice(best.channel if best else None, candidates)


def _look_at(
    lane: Lane, wish: Wish, rules: Rules, record: Record, now: dt.datetime, tried: Collection[str]
) -> Candidate:
    success, fee = record.success(now), lane.fee(wish.amount)
    return Candidate(
        channel=lane.channel,
        objection=_objection(lane, wish, record, now, tried),
        fee=fee,
        expected_cost=round_money(fee + rules.failed_try_cost * Decimal(1 - success)),
        success=round(success, 4),
        seconds=round(record.seconds(now), 3),
    )


def _objection(lane: Lane, wish: Wish, record: Record, now: dt.datetime, tried: Collection[str]) -> Objection | None:
    if not lane.on:
        return Objection.OFF
    if lane.channel not in wish.channels:
        return Objection.PAYEE
    if lane.channel in tried:
        return Objection.TRIED
    if not lane.is_open(wish.local.time()):
        return Objection.CLOSED
    if lane.banks and wish.bank not in lane.banks:
        return Objection.BANK
    if lane.order_limit is not None and wish.amount > lane.order_limit:
        return Objection.ORDER_LIMIT
    if lane.day_limit is not None and record.moved_today + wish.amount > lane.day_limit:
        return Objection.DAY_LIMIT
    if record.is_broken(now):
        return Objection.BREAKER
    return None
