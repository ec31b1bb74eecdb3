"""Whatever an institution says, in whatever order and however often, an order ends once and the books stay even."""

import itertools
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from core.registry import order_settled
from payments import channels, orders, settling
from payments.channels import PAYMENT, Finding, State
from payments.models import OrderKind, PaymentAttempt, PaymentOrder, Transfer
from payments.sending import note_progress
from payments.tests.orderer import CARD, NAME, PAYOUT_PURPOSE, cash, nothing_hangs

AMOUNT, FEE = Decimal("1234.56"), Decimal("1.00")
# What each end moves in our till, and by how many transfers.
EFFECTS = {
    (): (Decimal(0), 0),
    ("failed",): (Decimal(0), 0),
    ("succeeded",): (-AMOUNT - FEE, 2),
    ("succeeded", "returned"): (-FEE, 3),
}
_numbers = itertools.count(1)
news = st.sampled_from([State.ACCEPTED, State.UNKNOWN, State.SUCCEEDED, State.FAILED, State.RETURNED])


def sent_order():
    """An order whose first attempt is on its way."""
    with transaction.atomic():
        order = orders.create_order(
            kind=OrderKind.PAYOUT,
            amount=AMOUNT,
            purpose=PAYOUT_PURPOSE,
            reference=f"L{next(_numbers)}",
            payee=orders.Payee(NAME, CARD),
        )
        order.send(by="system:test", why="", channel="payment")
        PaymentAttempt.objects.create(
            order=order, no=1, channel="payment", out_trade_no=order.serial, sent_at=order.confirmed_at
        )
    return order


def hear(order, state):
    """Act on one piece of news as callbacks and queries do; False when it could not be true."""
    finding = Finding(state, "test", amount=AMOUNT, fee=FEE)
    try:
        if state in channels.ENDS:
            settling.settle(order.serial, finding)
        else:
            with transaction.atomic():
                order.lock()
                note_progress(order, finding)
    except settling.Contradiction:
        return False
    return True


def expected_end(heard):
    """The first end stands; after a success only a return follows."""
    ends = [state for state in heard if state in channels.ENDS]
    if not ends:
        return []
    if ends[0] is State.FAILED:
        return ["failed"]
    return ["succeeded", "returned"] if State.RETURNED in ends else ["succeeded"]


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(st.lists(news, max_size=7))
def test_an_order_ends_once_whatever_is_heard(orderer_for_hypothesis, heard):
    orderer = orderer_for_hypothesis
    orderer.outcomes.clear()
    before, order = cash(), sent_order()
    truths = [state for state in heard if hear(order, state)]
    end = expected_end(heard)
    assert orderer.heard == end
    moved, transfers = EFFECTS[tuple(end)]
    assert cash() - before == moved
    assert Transfer.objects.filter(reference=order.serial).count() == transfers
    assert nothing_hangs()
    assert PaymentOrder.objects.get(pk=order.pk).status == (end[-1] if end else _on_its_way(truths))


def _on_its_way(heard):
    if State.ACCEPTED in heard:
        return "accepted"
    return "unknown" if State.UNKNOWN in heard else "sending"


@pytest.fixture(scope="module")
def orderer_for_hypothesis():
    from payments.tests.orderer import Orderer

    somebody = Orderer()
    order_settled.register(PAYOUT_PURPOSE, somebody)
    yield somebody
    order_settled._handlers.pop(PAYOUT_PURPOSE)


@pytest.mark.django_db
def test_an_ended_order_cannot_be_sent_or_failed(orderer_for_hypothesis):
    order = sent_order()
    hear(order, State.SUCCEEDED)
    for verb in ("send", "accept", "doubt", "fail"):
        details = {"send": {"channel": "x"}, "accept": {"channel_trade_no": ""}, "fail": {"code": ""}}.get(verb, {})
        with pytest.raises(Problem, match="wrong_state"), transaction.atomic():
            getattr(order, verb)(by="staff:x", why="", **details)


@pytest.mark.parametrize("text", ["1", "1.5", "1.50", "0", "100000000.00"])
def test_amounts_of_the_wire_are_exact(text):
    assert channels.money(text) == Decimal(text)


@pytest.mark.parametrize("text", ["", "abc", "-1.00", "1.001", "NaN", "Infinity", None, [], "1e99999999"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is no amount"):
        channels.money(text)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"status": "PROCESSING"}, State.ACCEPTED),
        ({"status": "SUCCESS", "amount": "1.00"}, State.SUCCEEDED),
        ({"status": "SUCCESS", "amount": "free"}, State.UNKNOWN),
        ({"status": "PAID"}, State.UNKNOWN),
        ({"status": None}, State.UNKNOWN),
        ({}, State.UNKNOWN),
    ],
)
def test_what_is_not_listed_is_unknown(body, state):
    assert PAYMENT.finding_of(body, source="test").state is state
