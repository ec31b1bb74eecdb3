"""Another channel only after a definite refusal of the first one's own; the sandbox's institution goes by two names."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction

from core import clock, work
from payments import channels, pending, querying, sending
from payments.channels import PAYMENT, Finding, State
from payments.models import OrderKind, PaymentAttempt, PaymentOrder, RouteChoice
from payments.routing import BREAKS_AFTER, Lane
from payments.settling import Contradiction, about, settle
from payments.tests.driving import finish, history, hurry, open_work, work_until
from payments.tests.orderer import nothing_hangs, order
from payments.tests.routes import rule

pytestmark = pytest.mark.usefixtures("committed_db")
SECOND = replace(PAYMENT, code="second")
CHEAP, DEAR = Lane("payment", fixed_fee=Decimal("1.00")), Lane("second", fixed_fee=Decimal("2.00"))


@pytest.fixture(autouse=True)
def two_channels(monkeypatch, settings, committed_db):
    """A second code for the sandbox's institution, dearer than the first."""
    monkeypatch.setitem(channels.CHANNELS, "second", SECOND)
    monkeypatch.setitem(settings.INSTITUTIONS, "second", settings.INSTITUTIONS["payment"])
    rule(CHEAP, DEAR)


def numbers(placed):
    return [(attempt.channel, attempt.out_trade_no, attempt.outcome) for attempt in placed.attempts.all()]


def paid(sandbox):
    return [(row["serial"], row["status"]) for row in sandbox.book("payouts")["payouts"]]


def test_the_cheaper_takes_it_and_the_choice_says_why(sandbox, orderer):
    done = work_until(order("100.00"), "succeeded")
    [choice] = done.choices.all()
    assert (done.channel, choice.channel) == ("payment", "payment")
    assert [(one["channel"], one["objection"], one["expected_cost"]) for one in choice.candidates] == [
        ("payment", None, "1.00"),
        ("second", None, "2.00"),
    ]


@pytest.mark.parametrize("answer", ["heard", "lost"])
def test_after_a_refusal_of_its_own_the_other_pays_once(sandbox, orderer, answer):
    sandbox.fault("payouts", "refuse", count=1)
    placed = order("100.00")
    if answer == "lost":
        sandbox.stop()
        sending._begin_attempt(placed.serial)
        sandbox.start("sandbox")
        sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
        channels.instruct(PaymentOrder.objects.get(pk=placed.pk), placed.serial)
    done = work_until(placed, "succeeded")
    finish()
    assert open_work() == []
    assert [row[:2] for row in numbers(done)] == [("payment", done.serial), ("second", f"{done.serial}R1")]
    assert sorted(paid(sandbox)) == [(done.serial, "FAILED"), (f"{done.serial}R1", "SUCCESS")]
    assert orderer.heard == ["succeeded"]
    assert [choice.channel for choice in done.choices.all()] == ["payment", "second"]
    assert done.choices.last().candidates[0]["objection"] == "tried"
    assert nothing_hangs()


def test_a_collection_goes_elsewhere_too_by_lanes_of_its_own(sandbox, orderer):
    lanes = (replace(lane, kind=OrderKind.COLLECTION) for lane in (replace(CHEAP, fixed_fee=Decimal("3.00")), DEAR))
    rule(CHEAP, DEAR, *lanes)
    sandbox.fault("collections", "refuse", count=1)
    done = work_until(order("50.00", OrderKind.COLLECTION), "succeeded")
    finish()
    assert [row[:2] for row in numbers(done)] == [("second", done.serial), ("payment", f"{done.serial}R1")]
    assert done.choices.last().candidates[1]["objection"] == "tried"
    work_until(order("51.00"), "succeeded")
    assert {one["success"] for one in RouteChoice.objects.last().candidates} == {1.0}, "each kind has its own record"
    assert nothing_hangs()


def test_where_both_refuse_the_order_fails_once(sandbox, orderer):
    sandbox.fault("payouts", "refuse", count=2)
    done = work_until(order("100.00"), "failed")
    finish()
    assert [row[0] for row in numbers(done)] == ["payment", "second"]
    assert (orderer.heard, done.failure_code) == (["failed"], "CHANNEL_REFUSED")
    assert nothing_hangs()


@pytest.mark.parametrize("amount", ["100.91", "100.92"])
def test_what_is_wrong_with_the_payee_goes_nowhere_else_and_is_no_fault_of_the_channel(sandbox, orderer, amount):
    done = work_until(order(amount), "failed")
    finish()
    assert [row[0] for row in numbers(done)] == ["payment"]
    assert orderer.heard == ["failed"]
    work_until(order("100.00", reference="NEXT"), "succeeded")
    assert RouteChoice.objects.last().candidates[0]["success"] == 1.0


@pytest.mark.parametrize("fault", ["lose", "lose_answer", "error_after_accepting", "bad_signature"])
def test_never_after_an_unknown(sandbox, orderer, fault):
    sandbox.fault("payouts", fault, count=1)
    done = work_until(order("100.00"), "succeeded")
    finish()
    assert {row[:2] for row in numbers(done)} == {("payment", done.serial)}
    assert paid(sandbox) == [(done.serial, "SUCCESS")]


def test_not_after_something_that_may_be_on_its_way_still_even_if_what_was_sent_again_is_refused(sandbox, orderer):
    sandbox.fault("payouts", "lose", count=1)
    placed = order("100.00")
    sending.send(placed.serial)
    querying.query(placed.serial)
    sandbox.fault("payouts", "refuse", count=1)
    sending.send(placed.serial)
    finish()
    placed.refresh_from_db()
    assert numbers(placed) == [("payment", placed.serial, "not found"), ("payment", placed.serial, "refused")]
    assert (placed.status, orderer.heard) == ("failed", ["failed"])
    assert nothing_hangs()


class TestLateNews:
    """The first channel refused, and says something else when the second is at it."""

    @pytest.fixture
    def gone_on(self, sandbox, orderer):
        sandbox.fault("payouts", "refuse", count=1)
        placed = order("100.94")
        sending.send(placed.serial)
        sending.send(placed.serial)
        placed = PaymentOrder.objects.get(pk=placed.pk)
        assert (placed.channel, placed.status) == ("second", "accepted")
        return placed

    def test_a_success_after_all_is_for_a_person_and_moves_nothing(self, gone_on, orderer):
        first = gone_on.attempts.first()
        late = Finding(State.SUCCEEDED, "late", channel_trade_no="PY0", amount=gone_on.amount)
        with pytest.raises(Contradiction, match="it went on as"):
            settle(gone_on.serial, late, provided=about(first, late))
        assert work_until(gone_on, "succeeded").channel == "second"
        assert orderer.heard == ["succeeded"]

    def test_it_is_for_a_person_when_the_second_has_paid_too(self, gone_on, orderer):
        first = gone_on.attempts.first()
        work_until(gone_on, "succeeded")
        late = Finding(State.SUCCEEDED, "late", channel_trade_no="PY0", amount=gone_on.amount)
        with pytest.raises(Contradiction, match="it went on as"):
            sending.end(first, late)
        sending.end(first, Finding(State.FAILED, "late", code="CHANNEL_REFUSED"))
        assert (history(gone_on)[-1], orderer.heard) == ("succeeded", ["succeeded"])

    def test_a_failure_once_more_does_not_fail_the_order(self, gone_on, orderer):
        first = gone_on.attempts.first()
        again = Finding(State.FAILED, "late", code="CHANNEL_REFUSED")
        sending.end(first, again)
        assert work_until(gone_on, "succeeded").channel == "second"
        assert orderer.heard == ["succeeded"]

    def test_an_acceptance_of_it_says_nothing_of_the_second(self, sandbox, gone_on):
        theirs = gone_on.channel_trade_no
        with transaction.atomic():
            sending.hear(gone_on.attempts.first(), Finding(State.ACCEPTED, "late", channel_trade_no="PY0"))
        assert gone_on.attempts.first().outcome == "refused"
        assert PaymentOrder.objects.get(pk=gone_on.pk).channel_trade_no == theirs


def test_one_that_never_left_us_after_a_refusal_is_not_stuck(sandbox, orderer):
    sandbox.fault("payouts", "refuse", count=1)
    placed = order("100.00")
    sending.send(placed.serial)
    sandbox.stop()
    for _ in range(BREAKS_AFTER + 2):
        hurry()
        work.run_due(limit=3)
    sandbox.start("sandbox")
    sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
    PaymentAttempt.objects.filter(channel="second").update(sent_at=clock.real_now() - 2 * sending.UNTIL_A_CHANNEL * 6)
    assert work_until(placed, "succeeded", "failed").status == "succeeded"
    assert orderer.heard == ["succeeded"]


def test_one_that_goes_back_to_where_it_never_left_us_for_has_its_money_spoken_for(sandbox, orderer):
    placed = order("100.00")
    sandbox.stop()
    for lane in (CHEAP, DEAR, CHEAP):
        rule(lane)
        sending.send(placed.serial)
        assert pending.in_flight().filter(reference=placed.serial).count() == 1
    assert [row[0] for row in numbers(placed)] == ["payment", "second", "payment"]
    sandbox.start("sandbox")
    sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
    work_until(placed, "succeeded")
    assert nothing_hangs()


def test_an_order_that_never_left_us_is_not_counted_against_its_own_day_limit(sandbox, orderer):
    rule(replace(CHEAP, day_limit=Decimal("150.00")))
    placed = order("100.00")
    sandbox.stop()
    sending.send(placed.serial)
    sandbox.start("sandbox")
    sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
    assert work_until(placed, "succeeded").attempts.count() == 2


def at_once(action, *keys):
    """Do it for each key in a thread and on a connection of its own, all at the same moment."""
    ready = threading.Barrier(len(keys))

    def run(key):
        try:
            connection.ensure_connection()
            ready.wait()
            action(key)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def test_senders_at_the_same_moment_do_not_pass_the_day_limit(sandbox, orderer):
    rule(replace(CHEAP, day_limit=Decimal("250.00")), DEAR)
    placed = [order("100.00", reference=f"L{number}") for number in range(4)]
    at_once(sending._begin_attempt, *(one.serial for one in placed))
    assert sorted(PaymentAttempt.objects.values_list("channel", flat=True)) == ["payment"] * 2 + ["second"] * 2


def test_senders_at_the_same_moment_probe_a_broken_channel_once(sandbox, orderer):
    broken = order("1.00", OrderKind.PAYOUT, reference="BROKEN")
    long_ago = clock.real_now() - sending.UNTIL_A_CHANNEL * 12
    for number in range(BREAKS_AFTER):
        PaymentAttempt.objects.create(
            order=broken, no=number + 1, channel="payment", out_trade_no="X", outcome="never sent", sent_at=long_ago
        )
    rule(CHEAP, replace(DEAR, fixed_fee=Decimal("9.00")))
    placed = [order("100.00", reference=f"L{number}") for number in range(4)]
    at_once(sending._begin_attempt, *(one.serial for one in placed))
    chosen = PaymentAttempt.objects.filter(order__in=placed).values_list("channel", flat=True)
    assert sorted(chosen) == ["payment"] + ["second"] * 3
    assert history(placed[0]) == ["sending"]
