"""What becomes known while an institution is being asked counts for more than its "not found"."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from core import clock, work
from core.models import ExternalMessage, Work
from core.work import Again
from payments import callbacks, channels, querying, sending, settling
from payments.channels import PAYMENT, Finding, State
from payments.models import ChannelNotice, PaymentAttempt, PaymentOrder
from payments.tests.driving import open_work, work_until
from payments.tests.orderer import order

pytestmark = pytest.mark.usefixtures("committed_db")


def elsewhere(action, *args):
    """Do it in a thread, on a connection of its own, to its end."""

    def run():
        try:
            results.append(action(*args))
        finally:
            connection.close()

    results = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


@pytest.fixture
def lost(sandbox, orderer):
    """An order whose only sending never arrived."""
    sandbox.fault("payouts", "lose", count=1)
    placed = order("70.94")
    sending.send(placed.serial)
    assert placed.attempts.get().outcome == "unknown"
    return placed


@pytest.fixture
def while_asked(monkeypatch):
    """Have something happen after the institution has answered a question and before that is acted on."""

    def arrange(action, *args):
        spared = channels.ask

        def ask(*asked):
            finding = spared(*asked)
            elsewhere(action, *args)
            monkeypatch.setattr(channels, "ask", spared)
            return finding

        monkeypatch.setattr(channels, "ask", ask)

    return arrange


def make_old():
    """Let the window for late messages be over."""
    PaymentAttempt.objects.update(sent_at=clock.real_now() - dt.timedelta(minutes=31))


def take_notice(placed, status):
    """A notice as it was taken in, acted on."""
    notice = ChannelNotice.objects.create(
        channel="payment",
        notification_id=f"N{status}",
        out_trade_no=placed.serial,
        channel_trade_no="PY1",
        status=status,
        amount=placed.amount,
        fee=0,
        received_at=clock.real_now(),
    )
    callbacks.apply(str(notice.pk))


def again(placed):
    return PaymentOrder.objects.get(pk=placed.pk)


def test_an_order_that_is_sent_again_while_it_is_asked_about_does_not_fail(lost, orderer, sandbox, while_asked):
    assert querying.query(lost.serial) is None
    assert lost.attempts.get().outcome == "not found"
    make_old()
    begun = []
    while_asked(lambda: begun.append(sending._begin_attempt(lost.serial)))
    assert isinstance(querying.query(lost.serial), Again)
    assert (again(lost).status, orderer.heard) == ("sending", [])

    sending._record(begun[0], channels.instruct(begun[0].order, begun[0].out_trade_no))
    work_until(lost, "succeeded")
    assert (orderer.heard, len(sandbox.book("payouts")["payouts"])) == (["succeeded"], 1)


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize(("notice", "status"), [("PROCESSING", "accepted"), ("SUCCESS", "succeeded")])
def test_a_notice_that_comes_while_it_is_asked_counts(lost, while_asked, old, notice, status):
    if old:
        make_old()
    while_asked(take_notice, lost, notice)
    querying.query(lost.serial)
    assert again(lost).status == status
    assert lost.attempts.get().outcome != "not found"


def test_an_answer_that_comes_while_it_is_asked_is_not_overwritten(sandbox, orderer, while_asked):
    placed = order("70.94")
    begun = sending._begin_attempt(placed.serial)
    while_asked(sending._record, begun, Finding(State.ACCEPTED, "answer", channel_trade_no="PY1"))
    assert isinstance(querying.query(placed.serial), Again)
    assert placed.attempts.get().outcome == "accepted"
    assert again(placed).status == "accepted"


def test_the_window_ends_before_the_question_is_put(lost, orderer, sandbox):
    PaymentAttempt.objects.update(sent_at=clock.real_now() - PAYMENT.not_found_window + dt.timedelta(seconds=1))
    sandbox.fault("queries", "delay", count=1, seconds=1.5)
    querying.query(lost.serial)
    assert (again(lost).status, orderer.heard) == ("unknown", [])
    assert lost.attempts.get().outcome == "not found"


def test_a_settling_that_waits_for_the_lock_looks_again(lost, orderer, monkeypatch):
    """The other transaction is open when the query wants to settle, and commits while the query waits."""
    make_old()
    locked, errors = threading.Event(), []

    def query():
        try:
            querying.query(lost.serial)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    spared = orderer.lock
    monkeypatch.setattr(type(orderer), "lock", lambda self, reference: (spared(reference), locked.set()))
    thread = threading.Thread(target=query)
    with transaction.atomic(durable=True):
        rival = PaymentOrder.objects.get(pk=lost.pk)
        rival.lock()
        thread.start()
        assert locked.wait(10)
        rival.accept(by="system:test", why="", channel_trade_no="PY1")
    thread.join()
    assert (errors, again(lost).status, orderer.heard) == ([], "accepted", [])


def test_one_that_never_left_us_is_sent_by_whoever_asks_where_the_sender_lost_its_turn(sandbox, orderer):
    placed = order("70.00")
    sandbox.stop()
    sending.send(placed.serial)
    Work.objects.filter(kind="send_order").delete()
    with transaction.atomic():
        work.enqueue(sending.QUERY, placed.serial)
    sandbox.start("sandbox")
    sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
    assert work_until(placed, "succeeded").attempts.count() == 2


def test_what_came_back_is_asked_about_again_should_the_second_step_not_be_lived_to_see(lost, orderer):
    settling.settle(lost.serial, Finding(State.RETURNED, channels.ASKED, amount=lost.amount))
    assert ("recheck_order", lost.serial, "waiting") in open_work()
    assert orderer.heard == ["succeeded", "returned"]


class TestAcceptance:
    """A notice that an order is on its way is evidence that it was sent."""

    def test_a_lost_answer_is_made_up_for(self, lost):
        take_notice(lost, "PROCESSING")
        done = again(lost)
        assert (done.status, done.channel_trade_no, done.attempts.get().outcome) == ("accepted", "PY1", "accepted")
        assert "query_order" in [kind for kind, _key, _state in open_work()]

    def test_what_was_accepted_stays_so_when_the_answer_is_lost(self, orderer):
        placed = order("70.94")
        begun = sending._begin_attempt(placed.serial)
        take_notice(placed, "ACCEPTED")
        sending._record(begun, Finding(State.UNKNOWN, "answer"))
        attempt = placed.attempts.get()
        assert (again(placed).status, attempt.outcome, attempt.channel_trade_no) == ("accepted", "accepted", "PY1")

    def test_a_sender_that_died_leaves_somebody_who_asks(self, orderer):
        placed = order("70.94")
        sending._begin_attempt(placed.serial)
        take_notice(placed, "PROCESSING")
        assert sending.send(placed.serial) is None
        assert ("query_order", placed.serial, "waiting") in open_work()
        assert not ExternalMessage.objects.filter(method="POST").exists()

    def test_a_word_that_we_do_not_know_is_asked_about(self, lost):
        take_notice(lost, "PONDERING")
        assert again(lost).status == "unknown"
        assert ("query_order", lost.serial, "waiting") in open_work()

    def test_after_the_end_it_changes_nothing(self, lost):
        take_notice(lost, "SUCCESS")
        take_notice(lost, "PROCESSING")
        assert again(lost).status == "succeeded"
