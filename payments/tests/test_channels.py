"""An order speaks with its own channel: its protocol, its address for notices, its cash, its statement."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.models import ExternalMessage
from core.problems import Problem
from payments import callbacks, ledger, reconciliation, sending, statements
from payments.channels import CHANNELS, ENDS, PAYMENT, State
from payments.chart import AccountKind, account
from payments.models import ChannelNotice, Difference
from payments.routing import Lane
from payments.tests.driving import finish, work_until
from payments.tests.orderer import cash, nothing_hangs, order
from payments.tests.routes import rule
from payments.tests.test_days import next_morning
from tests.support.processes import wait_until

SECOND = replace(PAYMENT, code="second")


@pytest.fixture
def second(monkeypatch, settings, sandbox, callback_address):
    """A second channel, to which all orders go: the sandbox under another name."""
    settings.INSTITUTIONS = {**settings.INSTITUTIONS, "second": settings.INSTITUTIONS["payment"]}
    monkeypatch.setitem(CHANNELS, SECOND.code, SECOND)
    rule(Lane(SECOND.code))
    return SECOND


def second_cash():
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel="second"))


class TestASecondChannel:
    """From the first message to the reconciled statement, beside the first channel and never through it."""

    def test_a_payout_lost_on_its_way_is_asked_for_paid_told_and_reconciled(self, second, sandbox, orderer):
        before, second_before = cash(), second_cash()
        sandbox.fault("payouts", "lose_answer", count=1)
        placed = order("321.00")
        sending.send(placed.serial)
        assert placed.attempts.get().outcome == "unknown"
        paid = work_until(placed, "succeeded")
        assert (paid.channel, paid.attempts.count()) == ("second", 1)
        wait_until(ChannelNotice.objects.exists, "the notice", seconds=10)
        finish()
        assert (second_cash() - second_before, cash()) == (Decimal("-322.00"), before)
        assert (orderer.heard, nothing_hangs()) == (["succeeded"], True)

        next_morning(sandbox)
        statement = statements.fetch(second, paid.settled_on)
        reconciliation.reconcile(second, paid.settled_on)
        assert (statement.channel, statement.sum_out, statement.fees) == ("second", Decimal("321.00"), Decimal("1.00"))
        assert not Difference.objects.exists()
        assert {notice.channel for notice in ChannelNotice.objects.all()} == {"second"}
        heard = set(ExternalMessage.objects.values_list("institution", "signature"))
        assert heard == {("second", "none"), ("second", "good")}  # none of the answer that was lost


def test_a_notice_to_a_channel_that_there_is_not_is_not_found(rf):
    with pytest.raises(Problem, match="not_found"):
        callbacks.receive("second", rf.post("/callbacks/second/", data=b"{}", content_type="application/json"))


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS.keys())
def test_a_word_that_no_protocol_lists_is_unknown(channel):
    words = ("", "PAID", "success", "SUCCESS ", "404", "None", None, 0, True)
    assert {channel.state_of(word) for word in words} == {State.UNKNOWN}
    assert State.UNKNOWN not in ENDS
