"""Payouts through Alipay against the sandbox's gateway over real HTTP, from the instruction to the reconciled bill."""

import hashlib
import io
import json
import time
import zipfile
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from alipay import AliPay
from django.conf import settings

from core import signing
from core.models import ExternalMessage
from payments import reconciliation, sending, settlement, statements
from payments.channels import ALIPAY, Finding, State, alipay_bill
from payments.channels.alipay_wire import sign, signed_part
from payments.models import ChannelNotice, Difference
from payments.routing import Lane
from payments.tests.driving import finish, history, open_work, work_until
from payments.tests.institution import post
from payments.tests.orderer import CARD, NAME, nothing_hangs, order
from payments.tests.routes import rule
from payments.tests.test_days import next_morning
from payments.tests.wallets import all_delivered, cash, institution_moved
from tests.support.processes import wait_until


@pytest.fixture(autouse=True)
def through_alipay(committed_db):
    """Every payout goes through Alipay."""
    rule(Lane("alipay"))


def by_alipay(amount, reference="LOAN1"):
    """An order that will go to Alipay."""
    return order(amount, reference=reference)


ENDS = {
    "1000.00": "succeeded",
    "1000.94": "succeeded",
    "1000.91": "failed",
    "1000.92": "failed",
    "400.93": "returned",
}


def test_a_day_with_alipay(sandbox, orderer, callback_address):
    """Every end, a lost answer, a doubled notice; then the bill, as it is and with a planted difference."""
    before = cash("alipay")
    sandbox.fault("payouts", "lose_answer", count=1)
    sandbox.fault("callbacks", "duplicate", count=None)
    placed = {amount: by_alipay(amount, f"L{amount}") for amount in ENDS}
    ends = {name: work_until(each, ends_of(name), seconds=20) for name, each in placed.items()}
    finish()
    assert open_work() == []
    assert nothing_hangs()
    assert cash("alipay") - before == Decimal("-2000.94") == institution_moved(sandbox, "alipay")
    assert ends["1000.91"].failure_code == "PAYEE_CARD_INFO_ERROR"
    assert "unknown" in history(ends["1000.00"])
    assert [len(sandbox.book(book)["payouts"]) for book in ("payouts", "alipay/payouts")] == [0, 4]
    assert_masked_and_signed()
    declined = by_alipay("2000000000.00", "too much")  # no failure: topped up, the same number may be sent again
    sending.send(declined.serial)
    assert declined.attempts.get().outcome == "unknown"
    assert_bill_reconciles(sandbox, ends["400.93"].settled_on)


def ends_of(name):
    return ENDS.get(name, "failed")


def assert_masked_and_signed():
    messages = ExternalMessage.objects.filter(institution="alipay")
    logged = "".join(messages.values_list("body", flat=True))
    assert "alipay.fund.trans.uni.transfer" in logged
    assert (CARD in logged, NAME in logged, "欧***" in logged) == (False, False, True)
    assert set(messages.values_list("signature", flat=True)) == {"good", "none"}  # none of the lost answer
    assert messages.filter(signature="none").count() == 1


def assert_bill_reconciles(sandbox, date):
    next_morning(sandbox)
    sandbox.fault("statements", "refuse", count=1)
    assert statements.fetch(ALIPAY, date) is None
    report = {report.channel: report for report in settlement.settle_day(date)}["alipay"]
    assert (report.stated_out, report.stated_in) == (Decimal("2401.87"), Decimal("400.93"))
    assert not Difference.objects.exists()


def test_a_planted_difference_is_found(sandbox, orderer, callback_address):
    done = work_until(by_alipay("1000.00", "A"), "succeeded")
    finish()
    next_morning(sandbox)
    planted = ALIPAY.fetch_statement(done.settled_on, serial="S1").content.replace("1000.00", "1001.00")
    sha256 = hashlib.sha256(planted.encode()).hexdigest()
    statements.import_statement(channel=ALIPAY, date=done.settled_on, sha256=sha256, content=planted, serial="S2")
    reconciliation.reconcile(ALIPAY, done.settled_on)
    difference = Difference.objects.get()
    assert (difference.kind, difference.ours, difference.theirs) == ("amount", Decimal("-1000.00"), Decimal("-1001.00"))


@pytest.mark.parametrize("fault", ["lose", "lose_answer", "error_after_accepting", "bad_signature"])
def test_a_lost_answer_is_asked_for_and_the_money_moves_once(sandbox, orderer, callback_address, fault):
    before = cash("alipay")
    sandbox.fault("payouts", fault, count=1)
    placed = by_alipay("70.94")
    sending.send(placed.serial)
    assert placed.attempts.get().outcome == "unknown"
    done = work_until(placed, "succeeded")
    finish()
    assert {attempt.out_trade_no for attempt in done.attempts.all()} == {done.serial}
    assert len(sandbox.book("alipay/payouts")["payouts"]) == 1
    assert cash("alipay") - before == Decimal("-70.94")
    assert (orderer.heard, nothing_hangs()) == (["succeeded"], True)


@pytest.mark.parametrize("fault", ["duplicate", "lose_answer", "lose", "bad_signature"])
def test_a_notice_is_taken_in_once(sandbox, orderer, callback_address, fault):
    sandbox.fault("callbacks", fault, count=1)
    placed = by_alipay("80.00")
    sending.send(placed.serial)
    wait_until(ChannelNotice.objects.exists, "the notice", seconds=10)
    wait_until(lambda: all_delivered(sandbox, "alipay", placed.serial), "the end of the deliveries", seconds=10)
    work_until(placed, "succeeded")
    finish()
    assert (ChannelNotice.objects.count(), orderer.heard) == (1, ["succeeded"])
    bad = ExternalMessage.objects.filter(direction="in", signature="bad", outcome="refused").count()
    assert bad == (1 if fault == "bad_signature" else 0)


STALE = str(int(time.time() * 1000) - 27 * 3600 * 1000)


class TestNotices:
    """The institution's pen in a forger's hand."""

    @pytest.fixture
    def form(self, callback_address, institution_keys, orderer):
        placed = by_alipay("66.94")
        sending._record(sending._begin_attempt(placed.serial), Finding(State.ACCEPTED, "answer"))
        content = {"out_biz_no": placed.serial, "order_id": "A1", "status": "SUCCESS", "trans_amount": "66.94"}
        return {
            "notify_id": "N1",
            "utc_timestamp": str(int(time.time() * 1000)),
            "msg_method": "alipay.fund.trans.order.changed",
            "app_id": settings.ALIPAY_APP_ID,
            "biz_content": json.dumps({**content, "pay_date": "2026-11-23 09:00:00"}),
        }

    def send(self, keys, form, signer="alipay", **changes):
        key = signing.private_key(keys / f"{signer}.pem")
        signed = {**form, "sign": signing.sign_bytes(key, signing.form_text(form)), "sign_type": "RSA2"}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return post(urlencode({**signed, **changes}), kind, "/callbacks/alipay/")

    def test_only_a_true_one_is_taken_in_and_once(self, institution_keys, form, orderer):
        forged = [
            {"biz_content": json.dumps({"out_biz_no": "X", "status": "SUCCESS"})},
            {"sign": "AAAA"},
            {"sign_type": "RSA"},
            {"signer": "payment"},
        ]
        for changes in forged:
            assert self.send(institution_keys, form, **changes).status_code == 401
        for changes in ({"utc_timestamp": STALE}, {"utc_timestamp": "yesterday"}, {"app_id": "2021000000000002"}):
            assert self.send(institution_keys, {**form, **changes}).status_code == 401
        for changes in ({"msg_method": "alipay.trade.changed"}, {"biz_content": "[]"}, {"biz_content": "{}"}):
            assert self.send(institution_keys, {**form, **changes}).status_code == 400
        assert not ChannelNotice.objects.exists()
        assert set(ExternalMessage.objects.filter(direction="in").values_list("signature", flat=True)) == {"bad"}

        answers = [self.send(institution_keys, form) for _ in range(3)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, "success")}
        finish()
        assert (ChannelNotice.objects.count(), orderer.heard) == (1, ["succeeded"])
        assert ChannelNotice.objects.get().finished_at.isoformat() == "2026-11-23T01:00:00+00:00"


PAID = "1\t,A1\t,S1\t,loan\t,2026-11-23 10:00:00\t,622***1\t,\t,-10.00\t,\t,支付宝\t,转账\t,\t\n"
FEE = "2\t,A1\t,S1\t,fee\t,2026-11-23 10:00:00\t,\t,\t,-0.10\t,\t,支付宝\t,收费\t,\t\n"


def bill(*more):
    foot = "#---\n#支出合计：2笔，共-10.10元\n#收入合计：0笔，共0.00元\n"
    return f"#支付宝账务明细查询\n{alipay_bill.COLUMNS}\n{PAID}{''.join(more)}{foot}"


def test_we_sign_as_a_client_that_is_not_ours_does(institution_keys):
    """The judge signs the same parameters, and reads what we read of an answer."""
    private = settings.ALIPAY_KEY_FILE.read_text()
    judge = AliPay(settings.ALIPAY_APP_ID, None, private, (institution_keys / "alipay.pub.pem").read_text(), "RSA2")
    params = {"app_id": settings.ALIPAY_APP_ID, "sign_type": "RSA2", "biz_content": '{"name":"欧阳 {清风}&=+"}'}
    assert sign(params) == judge._sign(signing.form_text(params).decode())
    said = '{"code":"10000","a":{"b":"1"}}'
    key = signing.private_key(institution_keys / "alipay.pem")
    answer = f'{{"x_y_response":{said},"sign":"{signing.sign_bytes(key, said.encode())}"}}'
    assert signed_part(answer)[0] == said
    assert judge._verify_and_return_sync_response(answer, "x_y_response") == json.loads(said)


@pytest.mark.parametrize(
    "answer",
    [
        '{"x_response":{},"more":{},"sign":"s"}',
        '{"x_response":{}}',
        '{"x_response":{},"sign":1}',
        '{"x_response":{"a":1},"x_response":{"a":2},"sign":"s"}',
        '["x_response"]',
        "<html>",
    ],
)
def test_an_answer_of_another_form_hides_nothing(answer):
    with pytest.raises(ValueError):
        signed_part(answer)


class TestReadingTheBill:
    """What the zip may hold besides transfers."""

    def test_a_fee_stands_with_its_transfer(self):
        lines, totals = alipay_bill.parse(bill(FEE))
        assert [(line.amount, line.fee) for line in lines] == [(Decimal("10.00"), Decimal("0.10"))]
        assert (totals.rows, totals.sum_out, totals.fees) == (1, Decimal("10.00"), Decimal("0.10"))
        with pytest.raises(ValueError, match="fee"):
            alipay_bill.parse(bill(FEE.replace("A1", "A2")))

    def test_what_is_no_zip_is_refused(self):
        empty = io.BytesIO()
        zipfile.ZipFile(empty, "w").close()
        for content in (b"", b"<html>", empty.getvalue()):
            with pytest.raises(ValueError):
                alipay_bill.unzipped(content)
