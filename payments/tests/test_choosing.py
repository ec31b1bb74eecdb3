"""Which channel is chosen: never one that may not take the order, the cheaper of equals, always the same."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from payments.models import OrderKind
from payments.routing import BREAKS_AFTER, PAUSE, Lane, Objection, Record, Rules, Try, Wish, choose

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
BANKS = ("ICBC", "CCB", "")
yuan = some.decimals(0, 2000, places=2)
hours = some.times().map(lambda time: time.replace(second=0, microsecond=0))
ages = some.timedeltas(dt.timedelta(), dt.timedelta(minutes=30))
tries = some.lists(some.builds(lambda age, good: Try(NOON - age, good), ages, some.sampled_from([True, False, None])))
records = some.builds(lambda late, moved: Record(sorted(late, key=lambda one: one.at), moved), tries, yuan)


def lanes(kind):
    lane = some.builds(
        Lane,
        channel=some.sampled_from("abcd"),
        fixed_fee=yuan,
        fee_rate=some.decimals(0, "0.02", places=4),
        order_limit=some.none() | yuan,
        day_limit=some.none() | yuan,
        opens=some.none() | hours,
        closes=some.none() | hours,
        banks=some.frozensets(some.sampled_from(BANKS)),
        on=some.booleans(),
        kind=some.just(kind),
    )
    return some.lists(lane, unique_by=lambda lane: lane.channel)


both = some.tuples(lanes(OrderKind.PAYOUT), lanes(OrderKind.COLLECTION))
rules = both.map(lambda both: Rules((*both[0], *both[1]), Decimal("0.50")))
wishes = some.builds(
    Wish,
    some.sampled_from(OrderKind),
    yuan,
    some.sampled_from(BANKS),
    some.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31)),
    some.just(frozenset({"a", "b", "c", "d", "cheap", "dear"})),
)
known = some.dictionaries(some.sampled_from("abcd"), records)
refused = some.frozensets(some.sampled_from("abcd"))


@settings(max_examples=20, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(wishes, rules, known, refused)
def test_never_one_that_may_not_take_it(wish, given, records, tried):
    chosen = choose(wish, rules=given, records=records, now=NOON, tried=tried).channel
    assume(chosen is not None)
    [lane] = [lane for lane in given.lanes if (lane.channel, lane.kind) == (chosen, wish.kind)]
    record = records.get(chosen, Record())
    assert lane.on and chosen not in tried and chosen in wish.channels
    assert lane.order_limit is None or wish.amount <= lane.order_limit
    assert lane.day_limit is None or record.moved_today + wish.amount <= lane.day_limit
    assert not lane.banks or wish.bank in lane.banks
    if lane.opens and lane.closes and lane.opens < lane.closes:
        assert lane.opens <= wish.local.time() < lane.closes
    assert not record.is_broken(NOON)


@settings(max_examples=20)
@given(wishes, rules, known, refused)
def test_none_only_where_something_speaks_against_each_and_every_one_is_told(wish, given, records, tried):
    choice = choose(wish, rules=given, records=records, now=NOON, tried=tried)
    lanes = [lane.channel for lane in given.lanes if lane.kind == wish.kind]
    assert [candidate.channel for candidate in choice.candidates] == lanes
    fit = [candidate for candidate in choice.candidates if candidate.objection is None]
    assert (choice.channel is None) == (not fit)
    if fit:
        chosen = next(candidate for candidate in fit if candidate.channel == choice.channel)
        assert chosen.expected_cost == min(candidate.expected_cost for candidate in fit)


@settings(max_examples=20)
@given(wishes, rules, known, refused)
def test_the_same_facts_give_the_same_choice(wish, given, records, tried):
    first = choose(wish, rules=given, records=records, now=NOON, tried=tried)
    assert first == choose(wish, rules=given, records=dict(reversed(records.items())), now=NOON, tried=sorted(tried))


@settings(max_examples=20)
@given(wishes, yuan, some.decimals("0.01", 100, places=2), records, some.booleans())
def test_the_cheaper_of_two_that_succeed_alike(wish, fee, more, record, dear_first):
    record = replace(record, moved_today=Decimal(0))
    assume(not record.is_broken(NOON))
    cheap, dear = Lane("cheap", fixed_fee=fee, kind=wish.kind), Lane("dear", fixed_fee=fee + more, kind=wish.kind)
    lanes = (dear, cheap) if dear_first else (cheap, dear)
    alike = {"cheap": record, "dear": record}
    assert choose(wish, rules=Rules(lanes, Decimal("0.50")), records=alike, now=NOON).channel == "cheap"


def chosen(now=NOON, records=None, channels=frozenset({"only"}), **changes):
    """What becomes of a wish for 100 yuan at `now` by one lane."""
    given = Rules((Lane("only", **changes),), Decimal("0.50"))
    wish = Wish(OrderKind.PAYOUT, Decimal(100), "ICBC", now, channels)
    return choose(wish, rules=given, records=records or {}, now=now).candidates[0].objection


def test_each_objection_has_its_name():
    assert chosen() is None
    assert chosen(on=False) is Objection.OFF
    assert chosen(channels=frozenset()) is Objection.PAYEE
    assert chosen(opens=dt.time(13), closes=dt.time(18)) is Objection.CLOSED
    assert chosen(opens=dt.time(18), closes=dt.time(13)) is None
    assert chosen(opens=dt.time(18), closes=dt.time(12)) is Objection.CLOSED
    assert chosen(banks=frozenset({"CCB"})) is Objection.BANK
    assert chosen(order_limit=Decimal("99.99")) is Objection.ORDER_LIMIT
    assert chosen(order_limit=Decimal(100)) is None
    almost_full = {"only": Record(moved_today=Decimal("0.01"))}
    assert chosen(records=almost_full, day_limit=Decimal(100)) is Objection.DAY_LIMIT
    assert chosen(records=almost_full, day_limit=Decimal("100.01")) is None


class TestBreaker:
    """Open after so many failures on end, a single probe after a pause, and then as the probe says."""

    failing = tuple(Try(NOON + dt.timedelta(seconds=number), False) for number in range(BREAKS_AFTER))
    last = failing[-1].at
    later = last + PAUSE

    def broken(self, now, *tries):
        return Record(tries).is_broken(now)

    def test_it_opens_at_the_last_of_so_many_failures(self):
        assert not self.broken(self.last, *self.failing[1:])
        assert self.broken(self.last, *self.failing)
        assert chosen(self.last, {"only": Record(self.failing)}) is Objection.BREAKER

    def test_one_good_try_among_them_keeps_it_closed(self):
        assert not self.broken(self.last, *self.failing[:3], Try(NOON, True), *self.failing[3:4])

    def test_after_the_pause_one_order_probes_it(self):
        assert self.broken(self.later - dt.timedelta(seconds=1), *self.failing)
        assert not self.broken(self.later, *self.failing)
        assert self.broken(self.later + dt.timedelta(seconds=1), *self.failing, Try(self.later, None))

    def test_a_good_probe_closes_it_and_a_bad_one_opens_it_anew(self):
        soon = self.later + dt.timedelta(seconds=1)
        assert not self.broken(soon, *self.failing, Try(self.later, True))
        assert self.broken(soon, *self.failing, Try(self.later, False))
        assert not self.broken(self.later + PAUSE, *self.failing, Try(self.later, False))

    def test_a_probe_that_is_never_heard_of_is_followed_by_another(self):
        silent = Try(self.later, None)
        assert self.broken(self.later + PAUSE - dt.timedelta(seconds=1), *self.failing, silent)
        assert not self.broken(self.later + PAUSE, *self.failing, silent)


def test_failures_are_forgotten_by_half_in_each_half_life():
    five = (*(Try(NOON, False) for _ in range(4)), Try(NOON, True))
    shares = [Record(five).success(NOON + dt.timedelta(minutes=minutes)) for minutes in (0, 10, 20, 600)]
    assert shares == sorted(shares)
    assert (shares[0], round(shares[-1], 4)) == (0.6, 1.0)
