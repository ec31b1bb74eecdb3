"""Payments to and from companies through the sandbox's bank over real HTTP, from the order to the statement."""

import hashlib
from decimal import Decimal

import pytest
from django.db import transaction

from core.models import ExternalMessage
from core.problems import Problem
from payments import ledger, orders, reconciliation, sending, settlement, statements
from payments.channels import BANK, Finding, State
from payments.chart import AccountKind, account
from payments.models import ChannelNotice, Difference, OrderKind, PayeeKind
from payments.tests.driving import finish, history, open_work, work_until
from payments.tests.institution import headers, post
from payments.tests.orderer import PURPOSES, nothing_hangs
from payments.tests.test_days import next_morning
from tests.support.processes import wait_until

pytestmark = pytest.mark.usefixtures("committed_db")
PATH = "/callbacks/bank/"
COMPANY, ACCOUNT = "示范银行股份有限公司", "6228480402564890018"


def by_bank(amount, reference="SETTLEMENT1", kind=OrderKind.PAYOUT):
    """A company is paid, or debited."""
    with transaction.atomic(durable=True):
        return orders.create_order(
            kind=kind,
            amount=Decimal(amount),
            purpose=PURPOSES[kind],
            reference=reference,
            payee=orders.Payee(COMPANY, ACCOUNT, PayeeKind.COMPANY, "103100000026"),
        )


def cash():
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel="bank"))


def institution_moved(sandbox):
    accounts = sandbox.book("bank/balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"]) - Decimal("1000000000.00")


ENDS = {
    ("1000.00", OrderKind.PAYOUT): ("succeeded", ""),
    ("1000.94", OrderKind.PAYOUT): ("succeeded", ""),
    ("1000.91", OrderKind.PAYOUT): ("failed", "AC01"),
    ("1000.92", OrderKind.PAYOUT): ("failed", "AC04"),
    ("400.93", OrderKind.PAYOUT): ("returned", "AC06"),
    ("50.00", OrderKind.COLLECTION): ("succeeded", ""),
    ("50.91", OrderKind.COLLECTION): ("failed", "MD01"),
    ("60.93", OrderKind.COLLECTION): ("returned", "MD06"),
}
# Three payouts at 5.00 each, two debits at 2.00 each; what came back cost its fee all the same.
MOVED = Decimal("-1000.00") + Decimal("-1000.94") + Decimal("50.00") - Decimal("19.00")


def test_a_day_with_the_bank(sandbox, orderer, callback_address):
    """Every end of both kinds, a lost answer, doubled notices; then the statement agrees to the fen."""
    before = cash()
    sandbox.fault("payouts", "lose_answer", count=1)
    sandbox.fault("callbacks", "duplicate", count=None)
    placed = {key: by_bank(key[0], f"{key[1]}{key[0]}", key[1]) for key in ENDS}
    ends = {key: work_until(each, ENDS[key][0], seconds=20) for key, each in placed.items()}
    finish()
    assert open_work() == []
    assert nothing_hangs()
    assert {key: order.failure_code for key, order in ends.items()} == {key: code for key, (_, code) in ENDS.items()}
    assert "unknown" in history(ends["1000.00", OrderKind.PAYOUT])
    assert {order.channel for order in ends.values()} == {"bank"}
    assert cash() - before == MOVED == institution_moved(sandbox)
    assert_masked_and_signed()
    assert_statement_reconciles(sandbox, ends["400.93", OrderKind.PAYOUT].settled_on)


def assert_masked_and_signed():
    messages = ExternalMessage.objects.filter(institution="bank")
    logged = "".join(messages.values_list("body", flat=True)) + "".join(messages.values_list("answer_body", flat=True))
    assert (ACCOUNT in logged, COMPANY in logged, "示***" in logged) == (False, False, True)
    assert set(messages.values_list("signature", flat=True)) == {"good", "none"}  # none of the lost answer
    assert messages.filter(signature="none").count() == 1


def assert_statement_reconciles(sandbox, date):
    next_morning(sandbox)
    sandbox.fault("statements", "refuse", count=1)
    assert statements.fetch(BANK, date) is None
    report = {report.channel: report for report in settlement.settle_day(date)}["bank"]
    assert (report.stated_out, report.stated_in) == (Decimal("2462.80"), Decimal("511.86"))
    assert (report.stated_fees, report.fees) == (Decimal("19.00"), Decimal("19.00"))
    assert not Difference.objects.exists()


@pytest.mark.parametrize("fault", ["lose", "lose_answer", "error_after_accepting", "bad_signature"])
def test_a_lost_answer_is_asked_for_and_the_money_moves_once(sandbox, orderer, callback_address, fault):
    before = cash()
    sandbox.fault("payouts", fault, count=1)
    placed = by_bank("70.94")
    sending.send(placed.serial)
    assert placed.attempts.get().outcome == "unknown"
    done = work_until(placed, "succeeded")
    finish()
    assert {attempt.out_trade_no for attempt in done.attempts.all()} == {done.serial}
    assert len(sandbox.book("bank/payouts")["payouts"]) == 1
    assert cash() - before == Decimal("-75.94")
    assert (orderer.heard, nothing_hangs()) == (["succeeded"], True)


def test_a_refusal_of_the_banks_own_is_a_failure_where_no_other_pays_companies(sandbox, orderer, callback_address):
    sandbox.fault("payouts", "refuse", count=1)
    failed = work_until(by_bank("71.00"), "failed")
    assert (failed.failure_code, orderer.heard, nothing_hangs()) == ("TM01", ["failed"], True)


@pytest.mark.parametrize("fault", ["duplicate", "lose_answer", "lose", "bad_signature"])
def test_a_notice_is_taken_in_once(sandbox, orderer, callback_address, fault):
    sandbox.fault("callbacks", fault, count=1)
    placed = by_bank("80.00")
    sending.send(placed.serial)
    wait_until(ChannelNotice.objects.exists, "the notice", seconds=10)
    wait_until(lambda: _delivered(sandbox), "the end of the deliveries", seconds=10)
    work_until(placed, "succeeded")
    finish()
    assert (ChannelNotice.objects.count(), orderer.heard) == (1, ["succeeded"])
    bad = ExternalMessage.objects.filter(direction="in", signature="bad", outcome="refused").count()
    assert bad == (1 if fault == "bad_signature" else 0)


def _delivered(sandbox):
    [book] = sandbox.book("bank/payouts")["payouts"]
    return book["notifications"] and all(note["delivered_at"] for note in book["notifications"])


REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-23T01:02:03Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{serial}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{serial}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{serial}</OrgnlEndToEndId>
<TxSts>{status}</TxSts>{more}<AcctSvcrRef>PY1</AcctSvcrRef>
<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt>{settled}</OrgnlTxRef>
</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
CAME_BACK = {
    "status": "RJCT",
    "more": "<StsRsnInf><Rsn><Cd>AC06</Cd></Rsn></StsRsnInf>",
    "settled": "<IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt>",
}


class TestNotices:
    """The bank's pen in a forger's hand."""

    @pytest.fixture
    def placed(self, callback_address, institution_keys, orderer):
        placed = by_bank("66.94")
        sending._record(sending._begin_attempt(placed.serial), Finding(State.ACCEPTED, "answer"))
        return placed

    @pytest.fixture
    def send(self, institution_keys, placed):
        def send(number="N1", *, body="", how=None, given=None, **changes):
            told = {"number": number, "serial": placed.serial, "status": "ACSC", "amount": "66.94"}
            text = body or REPORT.format(**{"more": "", "settled": "", **told, **changes})
            signed = given or headers(institution_keys, text, path=PATH, **{"signer": "bank", **(how or {})})
            return post(text, {**signed, "X-Serial": number}, PATH).status_code

        return send

    def test_only_a_true_one_is_taken_in_and_once(self, send, institution_keys, orderer):
        assert [send(how={"signer": "payment"}), send(how={"age": 400}), send(given={"X-Nonce": "1"})] == [401] * 3
        for body in ("{}", REPORT[:300], '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
            assert send(body=body) == 400
        assert [send(amount="66.945"), send(status=""), send(serial="")] == [400] * 3
        assert send(more="x" * 70_000) == 413
        assert not ChannelNotice.objects.exists()

        text = REPORT.format(number="N1", serial="X1", status="ACSC", amount="66.94", more="", settled="")
        once = headers(institution_keys, text, path=PATH, signer="bank")
        assert [send(body=text, given=once), send(body=text, given=once)] == [204, 409]  # of an order that is not ours
        assert [send("N2"), send("N2"), send("N2", amount="66.95")] == [204, 204, 409]
        finish()
        assert (ChannelNotice.objects.count(), orderer.heard) == (2, ["succeeded"])
        assert {(kind, state) for kind, _key, state in open_work()} == {
            ("apply_notice", "parked"),
            ("changed_notice", "parked"),
        }

    def test_reports_in_any_order_come_to_the_same_end(self, send, placed, orderer):
        for number, told in enumerate((CAME_BACK, {"status": "ACSC"}, {"status": "ACSP"}, {"status": "ZZZZ"})):
            assert send(f"N{number}", **told) == 204
            finish()
        assert orderer.heard == ["succeeded", "returned"]
        assert history(placed)[-2:] == ["succeeded", "returned"]
        assert nothing_hangs()


def test_a_planted_difference_is_found_and_anothers_statement_refused(sandbox, orderer, callback_address, settings):
    done = work_until(by_bank("1000.00"), "succeeded")
    finish()
    date = next_morning(sandbox)
    content = BANK.fetch_statement(done.settled_on, serial="S1").content
    assert (f">{settings.BANK_ACCOUNT}<" in content, date) == (True, done.settled_on)
    planted = content.replace(done.serial, "20261123PO9999999997")
    sha256 = hashlib.sha256(planted.encode()).hexdigest()
    statements.import_statement(channel=BANK, date=date, sha256=sha256, content=planted, serial="S2")
    reconciliation.reconcile(BANK, date)
    found = set(Difference.objects.values_list("kind", "ours", "theirs"))
    assert found == {("missing at them", Decimal("-1005.00"), 0), ("missing at us", 0, Decimal("-1005.00"))}
    settings.BANK_ACCOUNT = "1"
    with pytest.raises(Problem) as refused:
        BANK.fetch_statement(date, serial="S3")
    assert refused.value.code == "statement_broken"
