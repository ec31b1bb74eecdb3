"""Payouts through WeChat Pay against the sandbox over real HTTP, from the instruction to the reconciled bill."""

import base64
import datetime as dt
import json
import secrets
import time
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from wechatpayv3 import utils as judge

from core import clock, signing
from core.institutions import institution
from core.models import ExternalMessage
from core.problems import Problem
from payments import orders, sending, settlement, statements
from payments.channels import WECHAT, Finding, State, add_up, wechat_bill
from payments.channels.wechat_wire import WechatClient, authorization, encrypt
from payments.models import ChannelNotice, Difference, PayeeKind, PaymentOrder
from payments.tests.driving import finish, history, open_work, work_until
from payments.tests.institution import post
from payments.tests.orderer import NAME, nothing_hangs, order
from payments.tests.test_days import next_morning
from payments.tests.wallets import all_delivered, cash, institution_moved
from tests.support.processes import wait_until

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
PAYEE = orders.Payee(NAME, OPENID, PayeeKind.WECHAT)


def by_wechat(amount, reference="LOAN1"):
    """An order that only WeChat Pay can carry out."""
    return order(amount, reference=reference, payee=PAYEE)


ENDS = {
    "1000.00": ("succeeded", ""),
    "1000.94": ("succeeded", ""),
    "400.93": ("succeeded", ""),
    "0.20": ("succeeded", ""),  # too little for a name
    "1000.91": ("failed", "NAME_NOT_CORRECT"),
    "1000.92": ("failed", "PAYEE_ACCOUNT_ABNORMAL"),
    "60.97": ("failed", "OVERDUE_CLOSE"),
    "60.98": ("failed", "MCH_CANCEL"),
}


def test_a_day_with_wechat(committed_db, sandbox, orderer, callback_address):
    """Every end by the first routing rules, a lost answer, doubled notices; then the bill, settled and reconciled."""
    before = cash("wechat")
    sandbox.fault("payouts", "lose_answer", count=1)
    sandbox.fault("callbacks", "duplicate", count=None)
    placed = {amount: by_wechat(amount, f"L{amount}") for amount in ENDS}
    ended = {name: work_until(each, ENDS[name][0], seconds=20) for name, each in placed.items()}
    finish()
    assert {name: each.failure_code for name, each in ended.items()} == {name: code for name, (_, code) in ENDS.items()}
    assert (open_work(), nothing_hangs()) == ([], True)
    assert cash("wechat") - before == Decimal("-2402.07") == institution_moved(sandbox, "wechat")
    assert "unknown" in history(ended["1000.00"])
    assert [len(sandbox.book(book)["payouts"]) for book in ("payouts", "wechat/payouts")] == [0, len(ENDS)]
    assert_masked_and_signed()
    assert_nobody_pays_beyond_the_balance(sandbox)
    assert_the_day_is_settled(sandbox, ended["1000.00"].settled_on)


def assert_masked_and_signed():
    messages = ExternalMessage.objects.filter(institution="wechat")
    logged = "".join(messages.values_list("body", flat=True)) + "".join(messages.values_list("answer_body", flat=True))
    assert "transfer_scene_report_infos" in logged and "MCHTRANSFER.BILL.FINISHED" in logged
    assert (OPENID in logged, NAME in logged, "欧***" in logged) == (False, False, True)
    assert set(messages.values_list("signature", flat=True)) == {"good", "none"}  # none of the lost answer
    assert messages.filter(signature="none").count() == 1


def assert_nobody_pays_beyond_the_balance(sandbox):
    """No failure: topped up, the same number may be sent again."""
    declined = by_wechat("2000000000.00", "too much")
    sending.send(declined.serial)
    assert (declined.attempts.get().outcome, declined.attempts.get().code) == ("unknown", "NOT_ENOUGH")


def assert_the_day_is_settled(sandbox, date):
    next_morning(sandbox)
    assert statements.fetch(WECHAT, date - dt.timedelta(days=9)).rows == 0, "a day without movements has no bill"
    sandbox.fault("statements", "refuse", count=1)
    assert statements.fetch(WECHAT, date) is None
    report = {report.channel: report for report in settlement.settle_day(date)}["wechat"]
    assert (report.stated_out, report.stated_in) == (Decimal("2402.07"), Decimal("0.00"))
    assert not Difference.objects.exists()


def test_an_answer_that_is_lost_or_no_answer_is_asked_for_and_the_money_moves_once(
    committed_db, sandbox, orderer, callback_address
):
    faults = ["lose", "lose_answer", "error_after_accepting", "bad_signature", "delay"]
    before = cash("wechat")
    for fault in faults:
        sandbox.fault("payouts", fault, count=1, seconds=0.1)
        placed = by_wechat("70.94", fault)
        sending.send(placed.serial)
        assert placed.attempts.get().outcome == ("accepted" if fault == "delay" else "unknown")
        done = work_until(placed, "succeeded")
        assert {attempt.out_trade_no for attempt in done.attempts.all()} == {done.serial}
    finish()
    assert len(sandbox.book("wechat/payouts")["payouts"]) == len(faults)
    assert cash("wechat") - before == -Decimal("70.94") * len(faults)
    assert (orderer.heard, nothing_hangs()) == (["succeeded"] * len(faults), True)


def test_a_refusal_of_its_own_fails_since_nobody_else_can_do_it(committed_db, sandbox, orderer, callback_address):
    sandbox.fault("payouts", "refuse", count=1)
    failed = work_until(by_wechat("70.00"), "failed")
    assert (failed.failure_code, failed.channel, orderer.heard) == ("PRODUCT_AUTH_CHECK_FAIL", "wechat", ["failed"])


def test_a_notice_is_taken_in_once(committed_db, sandbox, orderer, callback_address):
    for fault in ("duplicate", "lose_answer", "lose", "bad_signature"):
        sandbox.fault("callbacks", fault, count=1)
        placed = by_wechat("80.00", fault)
        sending.send(placed.serial)
        wait_until(ChannelNotice.objects.filter(out_trade_no=placed.serial).exists, "the notice", seconds=10)
        wait_until(lambda: all_delivered(sandbox, "wechat", placed.serial), "the end", seconds=10)  # noqa: B023
        work_until(placed, "succeeded")
    finish()
    assert (ChannelNotice.objects.count(), orderer.heard) == (4, ["succeeded"] * 4)
    assert ExternalMessage.objects.filter(direction="in", signature="bad", outcome="refused").count() == 1


class TestTheFile:
    """What is downloaded bears no signature: it is believed by the hash that a signed answer gave."""

    def test_another_file_than_was_promised_is_refused(
        self, committed_db, sandbox, orderer, callback_address, monkeypatch
    ):
        done = work_until(by_wechat("1000.00"), "succeeded")
        next_morning(sandbox)
        true = WechatClient.fetch_file
        for change in (lambda file: file.replace(b"1000.00", b"1001.00"), lambda file: file + b" ", lambda file: b""):
            monkeypatch.setattr(
                WechatClient, "fetch_file", lambda *given, change=change, **more: change(true(*given, **more))
            )
            with pytest.raises(Problem, match="statement_broken"):
                statements.fetch(WECHAT, done.settled_on)
        monkeypatch.setattr(WechatClient, "fetch_file", lambda *given, **more: None)
        assert statements.fetch(WECHAT, done.settled_on) is None


class Pen:
    """WeChat Pay's pen in a forger's hand."""

    def __init__(self, keys):
        self.keys = keys

    def write(self, told, **changes):
        """A notice of `told`, sent; what is changed is changed before it is signed."""
        resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": secrets.token_hex(6), "associated_data": "mch_payment"}
        secret = changes.pop("secret", settings.WECHAT_APIV3_KEY_FILE.read_text())
        text = told if isinstance(told, str) else json.dumps(told)
        cipher = AESGCM(secret.encode()).encrypt(resource["nonce"].encode(), text.encode(), b"mch_payment")
        resource |= {"ciphertext": base64.b64encode(cipher).decode(), **changes.pop("resource", {})}
        return {"id": "N1", "event_type": "MCHTRANSFER.BILL.FINISHED", "resource": resource, **changes}

    def send(self, notice, *, signer="wechat", age=0, nonce="", **headers):
        body = notice if isinstance(notice, str) else json.dumps(notice)
        stamp = {
            "Content-Type": "application/json",
            "Wechatpay-Timestamp": str(int(time.time()) - age),
            "Wechatpay-Nonce": nonce or secrets.token_hex(16),
            "Wechatpay-Serial": settings.WECHAT_PUBLIC_KEY_ID,
        }
        key = signing.private_key(self.keys / f"{signer}.pem")
        stamp["Wechatpay-Signature"] = signing.sign(key, stamp["Wechatpay-Timestamp"], stamp["Wechatpay-Nonce"], body)
        return post(body, {**stamp, **headers}, "/callbacks/wechat/")


class TestNotices:
    """Only what WeChat Pay signed just now, and only once."""

    @pytest.fixture
    def pen(self, callback_address, institution_keys):
        return Pen(institution_keys)

    @pytest.fixture
    def told(self, committed_db, callback_address, orderer):
        placed = by_wechat("66.94")
        sending._record(sending._begin_attempt(placed.serial), Finding(State.ACCEPTED, "answer"))
        return {
            "out_bill_no": placed.serial,
            "transfer_bill_no": "T1",
            "state": "SUCCESS",
            "transfer_amount": 6694,
            "update_time": "2026-11-23T09:00:00+08:00",
        }

    def test_forgeries_are_refused(self, pen, told):
        notice = pen.write(told)
        for how in (
            {"signer": "alipay"},
            {"age": 301},
            {"age": -360},
            {"Wechatpay-Timestamp": "yesterday"},
            {"Wechatpay-Serial": "PUB_KEY_ID_2"},
            {"Wechatpay-Signature": "AAAA"},
            {"Wechatpay-Nonce": ""},
        ):
            assert pen.send(notice, **how).status_code == 401, how
        assert pen.send("x" * 65 * 1024).status_code == 413
        assert pen.send("no JSON").status_code == 400
        assert not ChannelNotice.objects.exists()
        assert set(ExternalMessage.objects.filter(direction="in").values_list("signature", flat=True)) == {"bad"}

    def test_what_cannot_be_read_is_refused(self, pen, told):
        for notice in (
            pen.write(told, secret="0" * 32),
            pen.write(told, event_type="REFUND.SUCCESS"),
            pen.write(told, resource={"algorithm": "NONE"}),
            pen.write(told, resource={"ciphertext": "AAAA"}),
            pen.write(told, resource={"associated_data": "another"}),
            pen.write("[]"),
            pen.write({**told, "transfer_amount": "6694"}),
            pen.write({**told, "out_bill_no": ""}),
            {"id": "N1", "event_type": "MCHTRANSFER.BILL.FINISHED", "resource": "none"},
        ):
            assert pen.send(notice).status_code == 400, notice
        assert not ChannelNotice.objects.exists()

    def test_a_true_one_is_taken_in_once_however_often_it_comes(self, pen, told, orderer):
        notice = pen.write(told)
        answers = [pen.send(notice, nonce="n" * 32) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [204, 409], "the same message is a replay"
        assert {pen.send(pen.write(told)).status_code for _ in range(2)} == {204}, "another delivery is none"
        late = pen.write({**told, "state": "WAIT_USER_CONFIRM"}, id="N0")
        assert pen.send(late).status_code == 204
        finish()
        assert (ChannelNotice.objects.count(), orderer.heard) == (2, ["succeeded"])
        assert PaymentOrder.objects.get().status == "succeeded", "an earlier state that comes later changes nothing"
        assert ChannelNotice.objects.get(notification_id="N1").finished_at.isoformat() == "2026-11-23T01:00:00+00:00"
        assert pen.send(pen.write({**told, "transfer_amount": 1})).status_code == 409


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *(
            (word, State.ACCEPTED)
            for word in ("ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "TRANSFERING", "CANCELING")
        ),
        ("SUCCESS", State.SUCCEEDED),
        ("FAIL", State.FAILED),
        ("CANCELLED", State.FAILED),
        ("TRANSFERRING", State.UNKNOWN),
    ],
)
def test_every_state_means_one_thing(word, state):
    assert WECHAT.state_of(word) is state


def test_we_sign_and_encrypt_as_a_client_that_is_not_ours_understands(institution_keys):
    """The judge signs the same request alike, and reads the name that we encrypted."""
    message = ExternalMessage(method="POST", nonce="N" * 32, at=clock.real_now())
    body = '{"transfer_remark":"放款"}'
    said = authorization(message, "/v3/x?y=1", body)
    text = f"POST\n/v3/x?y=1\n{int(message.at.timestamp())}\n{message.nonce}\n{body}\n"
    assert f'signature="{judge.rsa_sign(signing.private_key(settings.WECHAT_KEY_FILE), text)}"' in said
    assert said.startswith(f'WECHATPAY2-SHA256-RSA2048 mchid="{settings.WECHAT_MERCHANT_ID}",')
    theirs = signing.private_key(institution_keys / "wechat.pem")
    assert judge.rsa_decrypt(encrypt(institution("wechat"), NAME), theirs) == NAME


TYPES = {"收入": "退款", "支出": "商家转账"}
fen = st.integers(1, 10**12)
remarks = st.text(st.characters(exclude_characters="`\r\n", exclude_categories=["Cs"]))
numbers = st.from_regex(r"[0-9A-Za-z]{1,32}", fullmatch=True)
seconds = st.integers(0, 10**9).map(lambda number: dt.datetime(2020, 1, 1) + dt.timedelta(seconds=number))
movements = st.lists(
    st.tuples(seconds, numbers, numbers, fen, st.sampled_from(list(TYPES)), remarks), unique_by=lambda row: row[1]
)


def line_of(values):
    return ",".join(f"`{value}" for value in values)


def yuan(amount):
    return f"{Decimal(amount) / 100:.2f}"


def bill_of(rows):
    """A bill of these movements, as WeChat Pay would write it."""
    lines = [
        line_of([at, theirs, "F", "商家转账", TYPES[way], way, yuan(amount), "", "API", remark, ours])
        for at, theirs, ours, amount, way, remark in rows
    ]
    into, out = ([row[3] for row in rows if row[4] == way] for way in TYPES)
    total = line_of([f"{len(rows)}.0", f"{len(into)}.0", yuan(sum(into)), f"{len(out)}.0", yuan(sum(out))])
    return "\r\n".join([wechat_bill.COLUMNS, *lines, wechat_bill.TOTALS, total, ""])


@given(movements)
def test_a_bill_is_read_as_it_was_written(rows):
    lines, totals = wechat_bill.parse(bill_of(rows))
    assert [(line.channel_trade_no, line.out_trade_no, line.amount) for line in lines] == [
        (theirs, ours, Decimal(amount) / 100) for _at, theirs, ours, amount, _way, _remark in rows
    ]
    assert [line.finished_at.astimezone(clock.BUSINESS_ZONE).replace(tzinfo=None) for line in lines] == [
        row[0] for row in rows
    ]
    assert [line.status for line in lines] == ["RETURNED" if row[4] == "收入" else "SUCCESS" for row in rows]
    assert totals == add_up(lines)


PAID = (dt.datetime(2026, 11, 23, 10), "T1", "S1", 1000, "支出", "loan")


def test_a_fee_stands_with_its_transfer():
    fee = ("2026-11-23 10:00:00", "T1", "S1", 10, "支出", "fee")
    text = bill_of([PAID, fee]).replace("`商家转账,`商家转账,`支出,`0.10", "`交易,`扣除交易手续费,`支出,`0.10")
    lines, totals = wechat_bill.parse(text)
    assert [(line.amount, line.fee) for line in lines] == [(Decimal("10.00"), Decimal("0.10"))]
    assert totals == add_up(lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("记账时间", "时间"),
        ("资金流水总笔数", "总笔数"),
        ("`支出", "`其他"),
        ("`10.00,`,", "`10.001,`,"),
        ("`10.00,`,", "`,`,"),
        ("`T1", "`T1,`T2"),
        ("`2026-11-23 10", "2026-11-23 10"),
        ("10:00:00", "25:00:00"),
        ("`1.0,`0.0", "`2.0,`0.0"),
        ("`1.0,`0.0", "`x,`0.0"),
    ],
)
def test_what_is_no_such_bill_cannot_be_read(old, new):
    text = bill_of([PAID])
    assert old in text
    with pytest.raises(ValueError):
        wechat_bill.parse(text.replace(old, new))


def test_a_bill_is_of_one_day():
    assert wechat_bill.is_of(bill_of([PAID]), PAID[0].date())
    assert not wechat_bill.is_of(bill_of([PAID]), PAID[0].date() + dt.timedelta(days=1))
    assert wechat_bill.is_of(wechat_bill.EMPTY, PAID[0].date())
    assert wechat_bill.parse(wechat_bill.EMPTY)[0] == []
