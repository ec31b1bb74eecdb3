"""Routing against every fixed order of the same channels: 10,000 payouts of one day through four institutions with
fees, limits, hours and outages of their own. What is simulated is the world; the choice is `payments.routing.choose`.
`make bench-routing`."""

import datetime as dt
import heapq
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count, permutations

from payments.kinds import OrderKind
from payments.routing import Candidate, Lane, Record, Rules, Try, Wish, choose

SEED, ORDERS = 20261124, 10_000
START = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
PROMISE, AGAIN = dt.timedelta(hours=2), dt.timedelta(minutes=1)
KEPT = 50
BANKS = ("ICBC", "CCB", "ABC", "BOC", "CMB", "PSBC")
RULES = Rules(
    lanes=(
        Lane(
            "alipay",
            fixed_fee=Decimal("0.20"),
            fee_rate=Decimal("0.0005"),
            order_limit=Decimal("50000"),
            day_limit=Decimal("15000000"),
        ),
        Lane("wechat", fixed_fee=Decimal("0.10"), fee_rate=Decimal("0.0010"), order_limit=Decimal("20000")),
        Lane("unionpay", fixed_fee=Decimal("1.50"), banks=frozenset(BANKS[:4])),
        Lane("bank", fixed_fee=Decimal("3.50"), opens=dt.time(6), closes=dt.time(23)),
    ),
    failed_try_cost=Decimal("0.50"),
)
SECONDS = {"alipay": 2.0, "wechat": 1.5, "unionpay": 4.0, "bank": 20.0}
# How often a channel refuses an order for its own reasons when it is well; and when it is not well at all, in minutes.
REFUSES = {"alipay": 0.004, "wechat": 0.006, "unionpay": 0.01, "bank": 0.002}
OUTAGES = {
    "alipay": [(600, 640), (1190, 1205)],
    "wechat": [(830, 900)],
    "unionpay": [(545, 605)],
    "bank": [(1000, 1030)],
}
# Of the tries in an outage, so many end without an answer; only after this long is it known that nothing moved.
LOST, NO_ANSWER_AFTER, KNOWN_AFTER = 0.3, dt.timedelta(seconds=5), dt.timedelta(minutes=10)


@dataclass
class Day:
    """What one way of choosing led to."""

    fees: Decimal = Decimal(0)
    failed_tries: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def success(self) -> float:
        """The share of orders paid within two hours."""
        return sum(seconds <= PROMISE.total_seconds() for seconds in self.seconds) / ORDERS


Chooser = Callable[[Wish, dict[str, Record], dt.datetime, set[str]], str | None]


def routed(wish: Wish, records: dict[str, Record], now: dt.datetime, tried: set[str]) -> str | None:
    """The channel that routing chooses."""
    return choose(wish, rules=RULES, records=records, now=now, tried=tried).channel


def fixed(order: tuple[str, ...]) -> Chooser:
    """The first channel in a fixed order that may take the order at all; it knows limits, hours and banks too."""

    def first(wish: Wish, records: dict[str, Record], now: dt.datetime, tried: set[str]) -> str | None:
        blind = {channel: Record(moved_today=record.moved_today) for channel, record in records.items()}
        fit = _fit(choose(wish, rules=RULES, records=blind, now=now, tried=tried).candidates)
        return next((channel for channel in order if channel in fit), None)

    return first


def _fit(candidates: tuple[Candidate, ...]) -> set[str]:
    return {candidate.channel for candidate in candidates if candidate.objection is None}


class World:
    """One day at the institutions. Each order meets the same luck at a channel, however it got there."""

    def __init__(self, chooser: Chooser) -> None:
        self.chooser = chooser
        self.day = Day()
        self.known: dict[str, deque[Try]] = {lane.channel: deque(maxlen=KEPT) for lane in RULES.lanes}
        self.flying: dict[str, dict[int, Try]] = {lane.channel: {} for lane in RULES.lanes}
        self.moved = {lane.channel: Decimal(0) for lane in RULES.lanes}
        self.events: list[tuple[dt.datetime, int, Callable[[dt.datetime], None]]] = []
        self.numbers = count()

    def run(self, wishes: list[Wish]) -> Day:
        """All orders to their ends."""
        for number, wish in enumerate(wishes):
            self._at(wish.local, self._send(number, wish, set()))
        while self.events:
            moment, _, act = heapq.heappop(self.events)
            act(moment)
        return self.day

    def _at(self, moment: dt.datetime, act: Callable[[dt.datetime], None]) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), act))

    def _send(self, number: int, wish: Wish, tried: set[str]) -> Callable[[dt.datetime], None]:
        def send(now: dt.datetime) -> None:
            if now - wish.local > PROMISE:
                self.day.seconds.append(float("inf"))
                return
            channel = self.chooser(replace(wish, local=now), dict(self._records()), now, tried)
            if channel is None:  # none will have it now: all may be asked anew in a minute
                self._at(now + AGAIN, self._send(number, wish, set()))
                return
            self._try(number, wish, tried, channel, now)

        return send

    def _try(self, number: int, wish: Wish, tried: set[str], channel: str, sent: dt.datetime) -> None:
        good, answered, known = _luck(number, channel, sent, len(tried))
        mark = next(self.numbers)
        self.flying[channel][mark] = Try(sent, None)
        self.moved[channel] += wish.amount

        def hear(now: dt.datetime) -> None:
            del self.flying[channel][mark]
            self.known[channel].append(Try(sent, good, (now - sent).total_seconds()))

        def end(now: dt.datetime) -> None:
            if good:
                lane = next(lane for lane in RULES.lanes if lane.channel == channel)
                self.day.fees += lane.fee(wish.amount)
                self.day.seconds.append((now - wish.local).total_seconds())
                return
            self.day.failed_tries += 1
            self.moved[channel] -= wish.amount
            self._send(number, wish, {*tried, channel})(now)

        self._at(sent + answered, hear)
        self._at(sent + known, end)

    def _records(self) -> Iterator[tuple[str, Record]]:
        for channel, known in self.known.items():
            yield channel, Record([*known, *self.flying[channel].values()], self.moved[channel])


def _luck(number: int, channel: str, now: dt.datetime, turn: int) -> tuple[bool, dt.timedelta, dt.timedelta]:
    """Whether a try succeeds, after how long it is answered (or not), and after how long its end is known."""
    chance = random.Random(f"{number} {channel} {turn}")
    minute = (now - START) / dt.timedelta(minutes=1)
    if any(begin <= minute < end for begin, end in OUTAGES[channel]):
        refused = dt.timedelta(seconds=1)
        return (False, NO_ANSWER_AFTER, KNOWN_AFTER) if chance.random() < LOST else (False, refused, refused)
    takes = dt.timedelta(seconds=SECONDS[channel] * chance.uniform(0.5, 2))
    return chance.random() >= REFUSES[channel], takes, takes


def wishes() -> list[Wish]:
    """A day's orders: 10 to 200,000 yuan, most of them small, more by day than by night."""
    chance = random.Random(SEED)
    found = []
    for _ in range(ORDERS):
        amount = Decimal(str(round(min(200_000.0, max(10.0, chance.lognormvariate(8.3, 1.3))), 2)))
        minute = min(1439.0, max(0.0, chance.gauss(840, 260)))
        found.append(
            Wish(
                OrderKind.PAYOUT, amount, chance.choice(BANKS), START + dt.timedelta(minutes=minute), frozenset(OUTAGES)
            )
        )
    return sorted(found, key=lambda wish: wish.local)


def results() -> Mapping[str, Day]:
    """A day by routing, and one by every fixed order of the channels."""
    orders = wishes()
    channels = [lane.channel for lane in RULES.lanes]
    fixed_orders = {" > ".join(order): fixed(order) for order in permutations(channels)}
    return {name: World(chooser).run(orders) for name, chooser in {"routing": routed, **fixed_orders}.items()}


def main() -> None:
    """Print the table, the cheapest fixed orders first."""
    began = time.perf_counter()
    found = dict(results())
    ours = found.pop("routing")
    print(f"{ORDERS} payouts of one day, {len(found)} fixed orders ({time.perf_counter() - began:.0f} s)")
    print(f"{'':<38}{'fees, yuan':>12}{'within 2 h':>12}{'failed tries':>14}{'median s':>10}{'p99 s':>8}")
    for name, day in [("routing", ours), *sorted(found.items(), key=lambda pair: pair[1].fees)]:
        spent = sorted(day.seconds)
        print(
            f"{name:<38}{day.fees:>12,.2f}{day.success:>12.2%}{day.failed_tries:>14}"
            f"{statistics.median(spent):>10.1f}{spent[int(len(spent) * 0.99)]:>8.0f}"
        )
    best = min(day.fees for day in found.values())
    print(f"fees by routing: {ours.fees / best:.3f} of the cheapest fixed order's")


if __name__ == "__main__":
    main()
