"""Several orders through institutions that keep books of their own, while calls are lost, late or cut short by a kill,
work runs twice or out of turn, and notices come doubled, late, in any order and two at a time.

A machine of Hypothesis against the real database: it drives the use cases themselves, and what the institutions know is
the truth that our books are held against after every step.
"""

import datetime as dt
import itertools
import os
import threading
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.models import TransitionLog, Work
from payments import callbacks, channels, ledger, pending, querying, sending
from payments.channels import Notice
from payments.chart import AccountKind, account
from payments.models import ChannelNotice, OrderKind, PaymentOrder, Transfer
from payments.routing import Lane
from payments.tests.driving import finish, let_pass
from payments.tests.orderer import nothing_hangs, order
from payments.tests.played import FEE, OWN_REFUSAL, Fate, Killed, PlayedInstitution, Town
from payments.tests.routes import rule as publish_rules

EXAMPLES = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 8
CODES = ("payment", "alipay")
MOST_ORDERS = 3
PAID = ("succeeded", "returned")
STEPS = {
    ("created", "sending"),
    *itertools.product(["sending"], ["sending", "accepted", "unknown", "succeeded", "failed"]),
    *itertools.product(["unknown"], ["sending", "accepted", "succeeded", "failed"]),
    *itertools.product(["accepted"], ["succeeded", "failed"]),
    ("succeeded", "returned"),
    ("failed", "succeeded"),
}
_numbers = itertools.count(1)
which = st.integers(0, 10**6)


class OrderMachine(RuleBasedStateMachine):
    """Orders, their institutions, and all that may happen between them."""

    orderer = None
    town = None

    @initialize()
    def begins(self):
        Work.objects.all().delete()
        let_pass(dt.timedelta(days=1))  # what earlier examples tried no longer counts
        self.orderer.outcomes.clear()
        self.town.books.clear()
        self.town.on_the_way.clear()
        self.town.prompt = False
        self.before = self._cash()
        self.orders, self.notices = [], []

    @precondition(lambda self: len(self.orders) < MOST_ORDERS)
    @rule(kind=st.sampled_from(OrderKind), yuan=st.integers(1, 10**6))
    def is_placed(self, kind, yuan):
        self.orders.append(order(f"{yuan}.00", kind, reference=f"MACHINE{next(_numbers)}").serial)

    @precondition(lambda self: self.orders)
    @rule(which=which, fate=st.sampled_from(Fate))
    def is_sent(self, which, fate):
        self._call(sending.send, self._one(which), fate)

    @precondition(lambda self: self.orders)
    @rule(which=which, fate=st.sampled_from([Fate.ANSWERED, Fate.LOST, Fate.KILLED_AFTER]))
    def is_asked_about(self, which, fate):
        self._call(querying.query, self._one(which), fate)

    @precondition(lambda self: self.orders)
    @rule(which=which, fate=st.sampled_from([Fate.ANSWERED, Fate.LOST]))
    def is_asked_about_again(self, which, fate):
        self._call(querying.recheck, self._one(which), fate)

    @precondition(lambda self: self.town.on_the_way)
    @rule(which=which)
    def what_was_late_arrives(self, which):
        self.town.arrive(*self.town.on_the_way.pop(which % len(self.town.on_the_way)))

    @precondition(lambda self: self.town.books)
    @rule(which=which, fails=st.booleans())
    def an_institution_goes_on(self, which, fails):
        """Another step of one order there; of each it writes a notice."""
        (code, number), stand = list(self.town.books.items())[which % len(self.town.books)]
        if stand.status == "PROCESSING":
            stand.status, stand.code = ("FAILED", "PAYEE_ACCOUNT_ABNORMAL") if fails else ("SUCCESS", "")
        elif stand.status == "SUCCESS" and fails:
            stand.status, stand.code = "RETURNED", "RETURNED_BY_PAYEE_BANK"
        else:
            return
        self._write(code, number, stand)

    @precondition(lambda self: self.notices)
    @rule(which=which)
    def is_told_of(self, which):
        self._tell(self.notices[which % len(self.notices)])

    @precondition(lambda self: self.notices)
    @rule(one=which, other=which)
    def is_told_of_by_two_at_once(self, one, other):
        told = [self.notices[number % len(self.notices)] for number in (one, other)]
        self._at_once(*(lambda each=each: self._tell(each) for each in told))

    @precondition(lambda self: self.notices)
    @rule(one=which, other=which)
    def is_told_of_while_it_is_asked_about(self, one, other):
        self.town.fate = Fate.ANSWERED
        told, asked = self.notices[one % len(self.notices)], self._one(other)
        self._at_once(lambda: self._tell(told), lambda: querying.query(asked))

    @rule(minutes=st.sampled_from([2, 31]))
    def time_passes(self, minutes):
        """Two minutes close a breaker; after 31 nothing that was sent ought to be on its way still."""
        let_pass(dt.timedelta(minutes=minutes))

    @invariant()
    def is_true(self):
        for serial in getattr(self, "orders", []):
            self._require_true(PaymentOrder.objects.get(serial=serial))
        if getattr(self, "orders", []):
            assert {code: self._cash()[code] - self.before[code] for code in CODES} == self._moved()
            assert nothing_hangs()

    def teardown(self):
        """Nothing more goes wrong: all comes to its end by itself, and both sides say the same."""
        if not getattr(self, "orders", []):
            return
        self.town.fate, self.town.prompt = Fate.ANSWERED, True
        while self.town.on_the_way:
            self.town.arrive(*self.town.on_the_way.pop())
        for (code, number), stand in self.town.books.items():
            if stand.status == "PROCESSING":
                stand.status = "SUCCESS"
            self._write(code, number, stand)
        let_pass(dt.timedelta(minutes=31))
        finish()
        for notice in self.notices:
            self._tell(notice)
        finish()
        self.is_true()
        for serial in self.orders:
            placed = PaymentOrder.objects.get(serial=serial)
            stands = [self.town.books[number] for number in self._numbers_of(placed) & self.town.books.keys()]
            ends = {"SUCCESS": "succeeded", "RETURNED": "returned"}
            paid = [ends[stand.status] for stand in stands if stand.status in ends]
            assert [placed.status] == (paid or ["failed"]), (placed.status, stands)
        assert not Work.objects.filter(state=Work.State.PARKED).exists()

    def _require_true(self, placed):
        """It went ahead by allowed steps; money, postings and what the orderer heard are those of where it stands; no
        institution says otherwise, and no two of them pay.
        """
        log = [(row.from_status, row.to_status) for row in TransitionLog.of(placed)]
        assert set(log) <= STEPS, log
        numbers = self._numbers_of(placed)
        assert self.town.live(numbers) <= 1, "two institutions pay"
        stand = self.town.books.get((placed.channel, self._last_number(placed)))
        if placed.status in PAID:
            assert stand is not None and stand.status in ("SUCCESS", "RETURNED"), "not paid at all"
        if placed.status == "returned":
            assert stand.status == "RETURNED"
        postings = Transfer.objects.filter(reference=placed.serial).count()
        assert postings == {"succeeded": 2, "returned": 3}.get(placed.status, 0)
        spoken_for = pending.in_flight().filter(reference=placed.serial).count()
        assert spoken_for == (placed.kind == OrderKind.PAYOUT and placed.status in ("sending", "unknown", "accepted"))
        heard = [outcome.status for outcome in self.orderer.outcomes if outcome.order_serial == placed.serial]
        assert heard == [to for _from, to in log if to in ("failed", *PAID)]

    def _moved(self):
        """What the orders' statuses say each institution holds for us more than in the beginning (yuan)."""
        moved = dict.fromkeys(CODES, Decimal(0))
        for placed in PaymentOrder.objects.filter(serial__in=self.orders, status__in=PAID):
            sign = 1 if placed.kind == OrderKind.COLLECTION else -1
            moved[placed.channel] += sign * placed.amount * (placed.status == "succeeded") - FEE
        return moved

    def _cash(self):
        return {code: ledger.balance(account(AccountKind.CHANNEL_CASH, channel=code)) for code in CODES}

    def _one(self, which):
        return self.orders[which % len(self.orders)]

    def _numbers_of(self, placed):
        return set(placed.attempts.values_list("channel", "out_trade_no"))

    def _last_number(self, placed):
        last = placed.attempts.last()
        return last.out_trade_no if last else ""

    def _call(self, do, serial, fate):
        """As the work of that name does it, in its turn or not; whoever is killed does nothing more."""
        self.town.fate = fate
        with suppress(Killed):
            do(serial)

    def _write(self, code, number, stand):
        """The institution's notice of where an order stands now."""
        name = f"N{next(_numbers)}"
        notice = Notice(name, number, f"PY{number}", stand.status, stand.amount, FEE, stand.code, finished_at=None)
        self.notices.append((code, notice))

    def _tell(self, told):
        """A notice comes in, for the first time or again, and is worked off."""
        code, notice = told
        with transaction.atomic(durable=True):
            assert callbacks._take_in(channels.CHANNELS[code], notice)
        callbacks.apply(str(ChannelNotice.objects.get(notification_id=notice.notification_id).pk))

    def _at_once(self, *actions):
        start, failures = threading.Barrier(len(actions)), []
        threads = [threading.Thread(target=_beside, args=(each, start, failures)) for each in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def _beside(action, start, failures):
    try:
        start.wait()
        action()
    except Exception as error:
        failures.append(error)
    finally:
        connection.close()


@pytest.fixture
def town(monkeypatch, committed_db):
    """Two institutions, the second dearer, each of which may stand in for the other."""
    played = Town()
    for code in CODES:
        real = channels.CHANNELS[code]
        particular = {name: getattr(channels.PAYMENT, name) for name in ("takes", "most_sends", "not_found_window")}
        institution = PlayedInstitution(
            code=code,
            statement_delay=real.statement_delay,
            own_refusals=frozenset({OWN_REFUSAL}),
            town=played,
            **particular,
        )
        monkeypatch.setitem(channels.CHANNELS, code, institution)
    lanes = itertools.product(enumerate(CODES, start=1), OrderKind)
    publish_rules(*(Lane(code, kind=kind, fixed_fee=Decimal(place)) for (place, code), kind in lanes))
    return played


def test_whatever_happens_on_the_way_money_moves_once_and_both_sides_say_the_same(town, orderer):
    machine = type("OrderMachineHere", (OrderMachine,), {"orderer": orderer, "town": town})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=15, deadline=None))
