"""Orders against the sandbox's institution, over real HTTP: paid once, whatever is lost, late or doubled."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from core import clock, work
from core.models import ExternalMessage, Work
from core.problems import Problem
from payments import ledger, orders, sending
from payments.models import OrderKind, PaymentAttempt, PaymentOrder, Transfer
from payments.tests.driving import finish, history, open_work, work_until
from payments.tests.orderer import CARD, NAME, cash, nothing_hangs, order
from tests.support.processes import wait_until

pytestmark = pytest.mark.usefixtures("committed_db")
PAYOUT, COLLECTION = OrderKind.PAYOUT, OrderKind.COLLECTION


@pytest.fixture(autouse=True)
def before(committed_db):
    """What was in the till before the test."""
    return cash()


def institution_moved(sandbox):
    """By how much our account with the institution changed, in its own books."""
    accounts = sandbox.book("balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"]) - Decimal("1000000000.00")


ENDS = [
    # kind, amount, states, effect on our cash
    (PAYOUT, "1000.00", ["sending", "accepted", "succeeded"], "-1001.00"),
    (PAYOUT, "1000.94", ["sending", "accepted", "succeeded"], "-1001.94"),
    (PAYOUT, "1000.91", ["sending", "failed"], "0.00"),
    (PAYOUT, "1000.92", ["sending", "accepted", "failed"], "0.00"),
    (COLLECTION, "1000.00", ["sending", "accepted", "succeeded"], "999.50"),
    (COLLECTION, "1000.91", ["sending", "failed"], "0.00"),
    (COLLECTION, "1000.92", ["sending", "accepted", "failed"], "0.00"),
]


def test_every_end_is_reached_and_both_books_agree(sandbox, orderer, before):
    placed = [order(amount, kind, reference=f"L{no}") for no, (kind, amount, _, _) in enumerate(ENDS)]
    ended = [work_until(each, "succeeded", "failed") for each in placed]
    finish()
    assert open_work() == []
    assert [history(each) for each in ended] == [states for _, _, states, _ in ENDS]
    assert {o.reference: o.status for o in orderer.outcomes} == {each.reference: each.status for each in ended}
    assert len(orderer.outcomes) == len(ENDS)
    assert cash() - before == sum(Decimal(moved) for *_, moved in ENDS) == institution_moved(sandbox)
    assert nothing_hangs()


def test_what_settles_is_timed_dated_and_told(sandbox, orderer):
    placed = order("88.80", product="standard", funder="own")
    done = work_until(placed, "succeeded")
    [book] = sandbox.book("payouts", serial=done.serial)["payouts"]
    assert (book["status"], book["amount"], book["card_number"]) == ("SUCCESS", "88.80", CARD)
    assert (done.fee, done.channel, done.channel_trade_no) == (Decimal("1.00"), "payment", book["channel_serial"])
    assert placed.confirmed_at <= done.settled_at <= clock.real_now()
    assert done.settled_on == clock.today()
    [outcome] = orderer.outcomes
    assert (outcome.order_serial, outcome.reference, outcome.amount) == (done.serial, "LOAN1", Decimal("88.80"))
    assert [e.transfer.purpose for e in ledger.entries_for(done.serial)] == ["payout"] * 2 + ["channel_fee"] * 2


def test_what_comes_back_is_reversed(sandbox, orderer, before):
    for kind, code in ((PAYOUT, "RETURNED_BY_PAYEE_BANK"), (COLLECTION, "DISPUTED_BY_PAYER")):
        done = work_until(order("500.93", kind), "succeeded", "returned")
        wait_until(lambda book=f"{kind}s": sandbox.book(book)[book][0]["status"] == "RETURNED", "the return")
        with transaction.atomic():
            work.enqueue("recheck_order", done.serial)
        assert work_until(done, "returned").failure_code == code
    assert orderer.heard == ["succeeded", "returned"] * 2
    assert cash() - before == Decimal("-1.50") == institution_moved(sandbox)
    assert nothing_hangs()


@pytest.mark.parametrize(
    ("fault", "states"),
    [
        ("lose", ["sending", "unknown", "sending", "succeeded"]),
        ("lose_answer", ["sending", "unknown", "succeeded"]),
        ("error_after_accepting", ["sending", "unknown", "succeeded"]),
        ("bad_signature", ["sending", "unknown", "succeeded"]),
    ],
)
def test_a_lost_answer_is_asked_for_and_the_money_moves_once(sandbox, orderer, before, fault, states):
    for target in ("payouts", "collections"):
        sandbox.fault(target, fault, count=1)
    placed = [order("1000.94", PAYOUT), order("50.94", COLLECTION)]
    ended = [work_until(each, "succeeded") for each in placed]
    finish()
    for each in ended:
        assert [state for state in history(each) if state != "accepted"] == states
        assert {attempt.out_trade_no for attempt in each.attempts.all()} == {each.serial}
    assert orderer.heard == ["succeeded", "succeeded"]
    assert (len(sandbox.book("payouts")["payouts"]), len(sandbox.book("collections")["collections"])) == (1, 1)
    assert cash() - before == institution_moved(sandbox) == Decimal("-951.50")
    assert nothing_hangs()


def test_an_institution_that_cannot_be_reached_gets_the_same_number_later(sandbox, orderer, before):
    sandbox.stop()
    placed = order("300.00")
    for _ in range(3):
        Work.objects.update(due_at="2000-01-01T00:00:00Z")
        work.run_due(limit=1)
    waiting = PaymentOrder.objects.get(pk=placed.pk)
    assert waiting.status == "sending"
    assert [a.outcome for a in waiting.attempts.all()] == ["never sent"] * 3
    sandbox.start("sandbox")
    sandbox.wait_for_answer("sandbox", f"{sandbox.url}/health")
    done = work_until(placed, "succeeded")
    assert [a.outcome for a in done.attempts.all()] == ["never sent"] * 3 + ["accepted"]
    assert len(sandbox.book("payouts")["payouts"]) == 1
    assert cash() - before == Decimal("-301.00")


def test_all_queries_lost_for_a_while_is_only_a_wait(sandbox, orderer):
    sandbox.fault("payouts", "lose_answer", count=1)
    sandbox.fault("queries", "error_after_accepting", count=3)
    done = work_until(order("10.94"), "succeeded")
    assert orderer.heard == ["succeeded"]
    assert done.attempts.count() == 1


class TestNotFound:
    """The institution says that it does not know an order whose answer was lost."""

    @pytest.fixture
    def lost(self, sandbox, orderer):
        sandbox.fault("payouts", "lose", count=None)
        placed = order("70.94")
        for _ in range(30):
            Work.objects.filter(state="waiting").exclude(kind="settle_day").update(due_at="2000-01-01T00:00:00Z")
            work.run_next()
        return PaymentOrder.objects.get(pk=placed.pk)

    def test_it_is_sent_again_a_few_times_and_then_only_asked_about(self, lost, sandbox):
        assert lost.status == "unknown"
        assert [a.outcome for a in lost.attempts.all()] == ["not found"] * 4 + ["unknown"]
        assert [kind for kind, _key, _state in open_work()] == ["query_order"]
        assert ExternalMessage.objects.filter(serial=lost.serial, method="POST").count() == 5

    def test_it_is_a_failure_only_after_the_window(self, lost, orderer, before):
        assert orderer.heard == []
        long_ago = clock.real_now() - dt.timedelta(minutes=31)
        PaymentAttempt.objects.update(sent_at=long_ago)
        done = work_until(lost, "failed")
        assert (done.failure_code, orderer.heard, cash()) == ("NOT_FOUND", ["failed"], before)
        assert done.attempts.count() == 5

    def test_what_was_accepted_never_fails_for_not_being_found(self, sandbox, orderer):
        placed = order("70.94")
        work.run_due(limit=1)
        PaymentAttempt.objects.update(sent_at=clock.real_now() - dt.timedelta(days=1))
        sandbox.fault("queries", "refuse", count=2)
        assert work_until(placed, "succeeded").status == "succeeded"
        assert orderer.heard == ["succeeded"]


class TestHandlers:
    """The orderer's postings and the order's end are one."""

    def test_a_failing_handler_changes_nothing_and_parks_the_work(self, sandbox, orderer, before):
        orderer.fails = True
        placed = order("40.94")
        finish()
        parked = Work.objects.get(kind="query_order")
        assert (parked.state, parked.last_error) == ("parked", "RuntimeError: the loan could not be booked")
        assert PaymentOrder.objects.get(pk=placed.pk).status == "accepted"
        assert cash() == before
        assert not Transfer.objects.filter(reference=placed.serial).exists()

        orderer.fails = False
        work.rerun(parked)
        finish()
        assert PaymentOrder.objects.get(pk=placed.pk).status == "succeeded"
        assert cash() - before == Decimal("-41.94")
        assert nothing_hangs()

    def test_an_order_for_nobody_waits_for_somebody(self, sandbox):
        with transaction.atomic(durable=True):
            placed = orders.create_order(
                kind=PAYOUT, amount=Decimal("5.94"), purpose="nobody", reference="X", payee=orders.Payee(NAME, CARD)
            )
        finish()
        assert Work.objects.get(kind="query_order").last_error.startswith("LookupError: nobody has registered")
        assert PaymentOrder.objects.get(pk=placed.pk).status == "accepted"


class TestCreating:
    """An order and its work are committed with their cause, once."""

    def test_it_needs_the_orderers_transaction(self):
        with pytest.raises(RuntimeError, match="open transaction"):
            orders.create_order(
                kind=PAYOUT, amount=Decimal(1), purpose="p", reference="r", payee=orders.Payee(NAME, CARD)
            )

    def test_it_goes_with_the_orderers_transaction(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic(durable=True):
            orders.create_order(
                kind=PAYOUT, amount=Decimal(1), purpose="p", reference="r", payee=orders.Payee(NAME, CARD)
            )
            1 / 0  # noqa: B018
        assert (PaymentOrder.objects.count(), Work.objects.count()) == (0, 0)

    def test_the_same_payout_is_never_ordered_twice(self, sandbox, orderer):
        first = order("20.00")
        with pytest.raises(Problem, match="payment_in_progress") as refused:
            order("20.00")
        assert refused.value.status == 409
        work_until(first, "succeeded")
        with pytest.raises(Problem, match="payment_in_progress"):
            order("20.00")

    def test_a_failed_payout_may_be_ordered_again(self, sandbox, orderer):
        work_until(order("20.91"), "failed")
        work_until(order("20.00"), "succeeded")
        assert orderer.heard == ["failed", "succeeded"]

    def test_collections_follow_each_other(self, sandbox, orderer):
        first = order("20.00", COLLECTION)
        with pytest.raises(Problem, match="payment_in_progress"):
            order("20.00", COLLECTION)
        work_until(first, "succeeded")
        work_until(order("20.00", COLLECTION), "succeeded")

    def test_name_and_card_are_ciphertext_in_the_database_and_masked_in_the_log(self, sandbox, orderer):
        done = work_until(order("20.00"), "succeeded")
        columns = "SELECT id, payee_name || account_number AS stored FROM payments_paymentorder"
        stored = PaymentOrder.objects.raw(columns)[0].stored
        assert NAME not in stored and CARD not in stored
        logged = "".join(f"{m.body} {m.answer_body}" for m in ExternalMessage.objects.filter(serial=done.serial))
        assert NAME not in logged and CARD not in logged
        assert "欧***" in logged
        assert (done.masked_name, done.masked_account) == ("欧***", f"**** {CARD[-4:]}")


def test_sending_again_what_was_sent_only_asks(sandbox, orderer):
    placed = order("15.94")
    sending.send(placed.serial)
    sending.send(placed.serial)
    assert ExternalMessage.objects.filter(serial=placed.serial, method="POST").count() == 1
    work_until(placed, "succeeded")
    sending.send(placed.serial)
    assert PaymentAttempt.objects.count() == 1
