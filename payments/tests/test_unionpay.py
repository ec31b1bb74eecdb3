"""Payouts and deductions through UnionPay against the sandbox's gateway over real HTTP, to the reconciled file."""

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as some

from accounts import consents
from accounts.models import Purpose
from accounts.tests import factories
from core import clock, signing
from core.institutions import institution
from core.models import ExternalMessage, TransitionLog
from core.outbound import MAX_CALLBACK_BYTES
from payments import agreements, ending_agreements, reconciliation, sending, settlement, statements
from payments.channels import UNIONPAY, Finding, State, unionpay, unionpay_file
from payments.channels.unionpay_wire import UnionPayClient, parameters
from payments.models import ChannelNotice, DeductionAgreement, Difference, OrderKind, PaymentOrder
from payments.routing import Lane
from payments.tests.driving import finish, history, open_work, work_until
from payments.tests.institution import post
from payments.tests.orderer import CARD, NAME, cash, nothing_hangs, order
from payments.tests.routes import rule
from payments.tests.test_callbacks import work_off
from payments.tests.test_days import next_morning
from payments.tests.test_fallback import at_once
from tests.support.processes import wait_until

HOLDER = factories.Person(name=NAME, card_number=CARD)
COLLECTION = OrderKind.COLLECTION


@pytest.fixture(autouse=True)
def through_unionpay(committed_db):
    """Every order goes through UnionPay."""
    rule(Lane("unionpay"), Lane("unionpay", kind=COLLECTION))


@pytest.fixture
def holder(sandbox):
    """The cardholder, verified."""
    return factories.verified_customer(HOLDER)


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def moved(sandbox):
    """What the institution's own books say that it moved of ours."""
    accounts = sandbox.book("unionpay/balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"]) - Decimal("1000000000.00")


PAYOUTS = {
    "1000.00": "succeeded",
    "1000.94": "succeeded",
    "1000.91": "failed",
    "1000.92": "failed",
    "400.93": "returned",
}
COLLECTIONS = {"50.00": "succeeded", "50.91": "failed", "50.92": "failed", "40.93": "returned"}


def test_a_day_with_unionpay(sandbox, orderer, holder, callback_address):
    """Every end of both kinds, a lost answer, doubled notices; then the file."""
    before = cash("unionpay")
    sandbox.fault("payouts", "lose_answer", count=1)
    sandbox.fault("callbacks", "duplicate", count=None)
    placed = {amount: order(amount, reference=amount) for amount in PAYOUTS}
    placed |= {amount: order(amount, COLLECTION, reference=amount) for amount in COLLECTIONS}
    wanted = PAYOUTS | COLLECTIONS
    ends = {amount: work_until(each, wanted[amount], seconds=30) for amount, each in placed.items()}
    finish()
    assert open_work() == []
    assert nothing_hangs()
    assert cash("unionpay") - before == Decimal("-1950.94") == moved(sandbox)
    codes = {amount: ends[amount].failure_code for amount in ("1000.91", "1000.92", "50.91", "50.92", "400.93")}
    assert list(codes.values()) == ["61", "63", "63", "64", "04 00"]
    assert "unknown" in history(ends["1000.00"])
    assert len(sandbox.book("unionpay/payouts")["payouts"]) == len(PAYOUTS)
    assert len(sandbox.book("unionpay/collections")["collections"]) == len(COLLECTIONS)
    assert_masked_and_signed()
    assert_file_reconciles(sandbox, ends["400.93"].settled_on)


def assert_masked_and_signed():
    messages = ExternalMessage.objects.filter(institution="unionpay")
    logged = "".join(f"{said} {answered}" for said, answered in messages.values_list("body", "answer_body"))
    hidden = (CARD, NAME, HOLDER.id_number, HOLDER.reserved_mobile, "CERTIFICATE")
    assert not [text for text in hidden if text in logged]
    assert "欧***" in logged
    assert set(messages.values_list("signature", flat=True)) == {"good", "none"}
    assert messages.filter(signature="none").count() == 1  # the answer that was lost


def assert_file_reconciles(sandbox, date):
    next_morning(sandbox)
    sandbox.fault("statements", "refuse", count=1)
    assert statements.fetch(UNIONPAY, date) is None
    report = {report.channel: report for report in settlement.settle_day(date)}["unionpay"]
    assert (report.stated_out, report.stated_in) == (Decimal("2442.80"), Decimal("491.86"))
    assert (report.payouts, report.collections) == (Decimal("2401.87"), Decimal("90.93"))
    assert not Difference.objects.exists()


def test_a_planted_difference_is_found(sandbox, orderer, callback_address):
    done = work_until(order("1000.00"), "succeeded")
    finish()
    next_morning(sandbox)
    true = UNIONPAY.fetch_statement(done.settled_on, serial="S1000000").content
    planted = true.replace("000000100000", "000000100100")
    sha256 = hashlib.sha256(planted.encode()).hexdigest()
    statements.import_statement(channel=UNIONPAY, date=done.settled_on, sha256=sha256, content=planted, serial="S2")
    reconciliation.reconcile(UNIONPAY, done.settled_on)
    difference = Difference.objects.get()
    assert (difference.kind, difference.ours, difference.theirs) == ("amount", Decimal("-1000.00"), Decimal("-1001.00"))


@pytest.mark.parametrize("fault", ["lose", "lose_answer", "error_after_accepting", "bad_signature", "delay"])
def test_a_lost_answer_is_asked_for_and_the_money_moves_once(
    sandbox, orderer, holder, callback_address, settings, fault
):
    before = cash("unionpay")
    settings.INSTITUTION_TIMEOUT_SECONDS = 1.0
    placed = [order("70.94"), order("30.94", COLLECTION)]
    for target, each in zip(("payouts", "collections"), placed, strict=True):
        sandbox.fault(target, fault, count=1, seconds=2 if fault == "delay" else 0)
        sending.send(each.serial)
        assert each.attempts.get().outcome == "unknown"
    settings.INSTITUTION_TIMEOUT_SECONDS = 5.0
    for each in placed:
        done = work_until(each, "succeeded")
        assert {attempt.out_trade_no for attempt in done.attempts.all()} == {done.serial}
    finish()
    assert len(sandbox.book("unionpay/payouts")["payouts"] + sandbox.book("unionpay/collections")["collections"]) == 2
    assert cash("unionpay") - before == Decimal("-40.00") == moved(sandbox)
    assert (orderer.heard, nothing_hangs()) == (["succeeded", "succeeded"], True)


def test_after_a_refusal_of_its_own_another_takes_the_order(sandbox, orderer, holder, callback_address):
    dear = Lane("payment", fixed_fee=Decimal("9.00"))
    rule(
        Lane("unionpay"),
        Lane("unionpay", kind=COLLECTION),
        dear,
        Lane("payment", kind=COLLECTION, fixed_fee=Decimal("9.00")),
    )
    sandbox.fault("payouts", "refuse", count=1)
    sandbox.fault("collections", "refuse", count=1)
    for placed in (order("70.00"), order("30.00", COLLECTION)):
        done = work_until(placed, "succeeded")
        tries = [(attempt.channel, attempt.out_trade_no, attempt.code) for attempt in done.attempts.all()]
        assert tries == [("unionpay", done.serial, "39"), ("payment", f"{done.serial}R1", "")]
    finish()
    assert (moved(sandbox), nothing_hangs()) == (0, True)


class TestAgreements:
    """A card is deducted from by an agreement with its holder, and by no other."""

    def collect(self, amount, end="succeeded", reference="LOAN1"):
        return work_until(order(amount, COLLECTION, reference=reference), end)

    def books(self, sandbox):
        return [row["bind_id"] for row in sandbox.book("unionpay/agreements")["agreements"]]

    def test_it_is_signed_once_and_used_again(self, sandbox, orderer, holder, callback_address):
        self.collect("30.00", reference="A")
        self.collect("31.00", reference="B")
        [agreement] = DeductionAgreement.objects.all()
        assert [agreement.number] == self.books(sandbox)
        assert (agreement.channel, agreement.ended_at) == ("unionpay", None)
        [row] = sandbox.book("unionpay/agreements", card_number=CARD)["agreements"]
        assert (row["name"], row["id_number"], row["mobile"]) == (NAME, HOLDER.id_number, HOLDER.reserved_mobile)
        rival = agreements.keep(serial="X", channel="unionpay", card_number=CARD, number="another")
        assert rival == agreement

    def test_one_that_the_holder_ended_is_signed_anew(self, sandbox, orderer, holder, callback_address):
        self.collect("30.00", reference="A")
        first = DeductionAgreement.objects.get()
        end = {"txnType": "74", "txnSubType": "04", "bizType": "000501", "orderId": "ENDS0001", "bindId": first.number}
        answer = UnionPayClient(institution("unionpay")).ask("/gateway/api/backTransReq.do", end, serial="ENDS0001")
        assert answer.body["respCode"] == "00"
        done = self.collect("31.00", reference="B")
        assert done.attempts.count() == 1
        first, second = DeductionAgreement.objects.order_by("id")
        assert (first.ended_at is None, second.ended_at) == (False, None)
        assert sorted(self.books(sandbox)) == sorted([first.number, second.number])
        assert moved(sandbox) == Decimal("61.00")

    def test_with_the_consent_it_ends_there_too_and_another_is_signed_only_for_a_new_order(
        self, sandbox, orderer, holder, callback_address
    ):
        self.collect("30.00", reference="A")
        self.withdraw(holder)
        first = DeductionAgreement.objects.get()
        assert (first.status, agreements.standing("unionpay", CARD)) == ("ending", None)
        finish()
        [row] = sandbox.book("unionpay/agreements")["agreements"]
        first.refresh_from_db()
        assert first.status == "ended" and row["ended_at"]
        assert [log.actor for log in TransitionLog.of(first)] == [f"customer:{holder.serial}", "system:unionpay"]
        self.collect("31.00", reference="B")
        assert [each.status for each in DeductionAgreement.objects.order_by("id")] == ["ended", "standing"]

    def test_an_end_in_doubt_is_asked_for_again_and_what_is_refused_waits_for_a_person(
        self, sandbox, orderer, holder, callback_address
    ):
        for fault in ("lose", "lose_answer", "error_after_accepting", "bad_signature"):
            agreement = self.signed()
            self.withdraw(holder)
            sandbox.fault("agreements", fault, count=1)
            finish()
            agreement.refresh_from_db()
            assert (agreement.status, open_work()) == ("ended", [])
        assert ExternalMessage.objects.filter(body__contains='"74"').count() == 8
        assert all(row["ended_at"] for row in sandbox.book("unionpay/agreements")["agreements"])

        agreement = self.signed()
        self.withdraw(holder)
        sandbox.fault("agreements", "refuse", count=None)
        finish()
        agreement.refresh_from_db()
        assert (agreement.status, open_work()) == ("ending", [("end_agreement", agreement.serial, "parked")])

    def test_a_code_that_nobody_listed_is_a_refusal_and_waits_for_a_person(
        self, sandbox, holder, callback_address, monkeypatch
    ):
        agreement = self.signed()
        monkeypatch.setattr(unionpay, "REVOKE", unionpay.PAY)  # which is malformed without a card
        self.withdraw(holder)
        with pytest.raises(RuntimeError, match=r"does not end agreement .*: 10$"):
            ending_agreements.work_off(agreement.serial)
        finish()
        assert open_work() == [("end_agreement", agreement.serial, "parked")]

    def test_while_no_answer_comes_the_pauses_grow(self, sandbox, holder, monkeypatch):
        agreement = self.signed()
        self.withdraw(holder)
        sandbox.fault("agreements", "lose_answer", count=3)
        now = clock.real_now()
        for waited, pause in ((0, 1), (10, 10), (300, 60)):
            monkeypatch.setattr(clock, "real_now", lambda waited=waited: now + dt.timedelta(minutes=waited))
            answer = ending_agreements.work_off(agreement.serial)
            assert round(answer.after / dt.timedelta(minutes=1)) == pause

    def test_a_withdrawal_waits_for_a_rival_who_ends_the_agreement(self, sandbox, holder):
        agreement = self.signed()
        with ThreadPoolExecutor(1) as elsewhere:
            with transaction.atomic():
                agreement.end(by="system:unionpay", why="it knows it no more")
                withdrawal = elsewhere.submit(self.withdraw_elsewhere, holder)
                wait_until(somebody_waits_for_a_lock, "the withdrawal waits for the agreement")
            withdrawal.result()
        assert not holder.consents.filter(text__purpose=Purpose.DEDUCTION, withdrawn_at=None).exists()
        assert (DeductionAgreement.objects.get().status, open_work()) == ("ended", [])

    def withdraw_elsewhere(self, holder):
        try:
            self.withdraw(holder)
        finally:
            connection.close()

    def test_only_this_consent_ends_only_this_customers_and_rivals_end_it_once(self, sandbox, holder):
        agreement = self.signed()
        self.withdraw(holder, Purpose.CREDIT_REPORT)
        self.withdraw(factories.verified_customer())
        assert (DeductionAgreement.objects.get().status, open_work()) == ("standing", [])
        self.withdraw(holder)
        at_once(ending_agreements.work_off, *[agreement.serial] * 3)
        assert TransitionLog.of(agreement).filter(verb="end").count() == 1

    def signed(self):
        """An agreement as a first collection leaves it."""
        return UNIONPAY._sign(PaymentOrder(account_number=CARD, payee_name=NAME))

    def withdraw(self, customer, purpose=Purpose.DEDUCTION):
        text = consents.current_texts().get(purpose=purpose)
        [given] = consents.give(customer=customer, text_ids=[text.pk], origin=factories.HOME)
        consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)

    @pytest.mark.parametrize("fault", ["lose", "lose_answer", "error_after_accepting", "bad_signature"])
    def test_where_it_is_not_clear_whether_there_is_one_nothing_was_sent(
        self, sandbox, orderer, holder, callback_address, fault
    ):
        sandbox.fault("agreements", fault, count=1)
        placed = order("30.00", COLLECTION)
        sending.send(placed.serial)
        assert (placed.attempts.get().outcome, self.collections(sandbox)) == ("never sent", [])
        work_until(placed, "succeeded")
        assert (DeductionAgreement.objects.count(), len(self.books(sandbox))) == (1, 1)
        assert len(self.collections(sandbox)) == 1

    def test_a_holder_whom_the_bank_does_not_know_so_is_not_deducted_from(
        self, sandbox, orderer, holder, callback_address
    ):
        sandbox.fault("agreements", "refuse", count=1)
        assert self.collect("30.00", "failed").failure_code == "66"
        assert (self.collections(sandbox), DeductionAgreement.objects.count()) == ([], 0)

    def test_a_card_that_nobody_proved_to_be_his_is_not_deducted_from(self, sandbox, orderer, callback_address):
        assert self.collect("30.00", "failed").failure_code == "CARD_NOT_VERIFIED"
        assert not ExternalMessage.objects.filter(institution="unionpay").exists()

    def collections(self, sandbox):
        return sandbox.book("unionpay/collections")["collections"]


class TestNotices:
    """The institution's pen in a forger's hand."""

    @pytest.fixture
    def said(self, callback_address, institution_keys, orderer):
        placed = order("66.94")
        sending._record(sending._begin_attempt(placed.serial), Finding(State.ACCEPTED, "answer"))
        return {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "merId": settings.UNIONPAY_MER_ID,
            "txnType": "12",
            "txnSubType": "00",
            "orderId": placed.serial,
            "queryId": "Q1",
            "txnAmt": "6694",
            "respCode": "00",
        }

    def send(self, keys, said, signer="unionpay", **changes):
        key = signing.private_key(keys / f"{signer}.pem")
        digest = hashlib.sha256(signing.form_text(said)).hexdigest()
        signed = {**said, "signature": signing.sign_bytes(key, digest.encode())}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return post(urlencode({**signed, **changes}), kind, "/callbacks/unionpay/")

    def test_only_a_true_one_is_taken_in_and_once(self, institution_keys, said, orderer):
        for changes in ({"txnAmt": "1"}, {"signature": "AAAA"}, {"signer": "payment"}, {"extra": "1"}):
            assert self.send(institution_keys, said, **changes).status_code == 401
        for changes in ({"merId": "777290058110049"}, {"merId": ""}, {"signMethod": "11"}):
            assert self.send(institution_keys, {**said, **changes}).status_code == 401
        for changes in ({"txnAmt": "-1"}, {"txnAmt": "6694.0"}, {"queryId": ""}, {"orderId": "x" * 33}):
            assert self.send(institution_keys, {**said, **changes}).status_code == 400
        assert self.send(institution_keys, said, padding="x" * MAX_CALLBACK_BYTES).status_code == 413
        assert not ChannelNotice.objects.exists()

        answers = [self.send(institution_keys, said) for _ in range(3)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, "ok")}
        assert self.send(institution_keys, {**said, "txnAmt": "6695"}).status_code == 409
        assert ChannelNotice.objects.count() == 1

    def test_out_of_order_they_say_the_same(self, institution_keys, said, orderer):
        back = {**said, "txnType": "04", "origQryId": "Q1"}
        for each in ({**said, "respCode": "03"}, back, {**said, "respCode": "05"}, said, back):
            assert self.send(institution_keys, each).status_code == 200
            work_off()
        assert orderer.heard == ["succeeded", "returned"]
        assert nothing_hangs()

    def test_one_about_a_number_that_is_not_ours_waits_for_a_person(self, institution_keys, said):
        assert self.send(institution_keys, {**said, "orderId": "20260101PO0000000001"}).status_code == 200
        work_off()
        assert [state for kind, _key, state in open_work() if kind == "apply_notice"] == ["parked"]


@pytest.mark.parametrize("fault", ["duplicate", "lose_answer", "lose", "bad_signature"])
def test_a_notice_is_taken_in_once(sandbox, orderer, callback_address, fault):
    sandbox.fault("callbacks", fault, count=1)
    placed = order("80.00")
    sending.send(placed.serial)
    wait_until(ChannelNotice.objects.exists, "the notice", seconds=10)
    work_until(placed, "succeeded")
    finish()
    assert (ChannelNotice.objects.count(), orderer.heard) == (1, ["succeeded"])


WIDTHS = {4: 10, 6: 12, 9: 21, 11: 32, 15: 13, 19: 2, 21: 6, 26: 21}  # of those that we read
ALL = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15]
ALL += [32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131]
fens = some.integers(1, 10**12 - 1)
rows = some.lists(some.tuples(fens, some.integers(0, 10**6), some.booleans(), some.booleans()), max_size=5)


def written(number, fen, fee, is_payout, came_back):
    """A line of the file, by its description."""
    said = {
        4: "1231235959",
        6: f"{fen:012d}",
        9: f"Q{number}",
        11: f"ORDER{number:04d}",
        15: f"D{fee:012d}",
        19: "04" if came_back else "12",
        21: "000401" if is_payout else "000501",
        26: "Q0" if came_back else "",
    }
    return " ".join(said.get(column, "").ljust(width) for column, width in enumerate(ALL))


@tried(max_examples=25)
@given(rows)
def test_what_is_written_is_read(movements):
    lines = [written(number, *movement) for number, movement in enumerate(movements)]
    parsed, totals = unionpay_file.parse("\n".join(["INN27010188ZM_777290058110048", *lines]))
    for line, (number, (fen, fee, is_payout, came_back)) in zip(parsed, enumerate(movements), strict=True):
        assert (line.amount * 100, line.fee * 100, line.out_trade_no) == (fen, fee, f"ORDER{number:04d}")
        assert line.kind == ("payout" if is_payout else "collection")
        assert (line.status, line.channel_trade_no) == (("RETURNED", "Q0") if came_back else ("SUCCESS", f"Q{number}"))
        assert line.finished_at.isoformat() == "2026-12-31T23:59:59+08:00"
    assert totals.sum_in + totals.sum_out == sum((line.amount for line in parsed), Decimal(0))


GOOD = written(1, 100, 0, True, False)


@pytest.mark.parametrize(
    "content",
    [
        "",
        GOOD,
        "INN27010188ZME_777290058110048\n",
        f"INN27010188ZM_1\n{GOOD[:300]}",
        f"INN27010188ZM_1\n{GOOD.replace('000401', '000999')}",
        f"INN27010188ZM_1\n{GOOD.replace('D000000000000', 'C000000000001')}",
        f"INN27010188ZM_1\n{GOOD.replace('1231235959', '1331235959')}",
    ],
)
def test_what_is_no_file_is_refused(content):
    with pytest.raises((ValueError, IndexError)):
        unionpay_file.parse(content)


@pytest.mark.parametrize("content", ["", "!", "AAAA", "eJwDAAAAAAE="])
def test_what_is_no_zip_is_refused(content):
    with pytest.raises(ValueError):
        unionpay_file.unpacked(content)


@pytest.mark.parametrize("text", ["a=1&a=2", "a=1&&b=2", "a", "=1", "a=1&b", "<html>", "&a=1"])
def test_an_answer_of_another_form_hides_nothing(text):
    with pytest.raises(ValueError):
        parameters(text)


def test_an_answer_may_hold_lines_equals_signs_and_braces():
    text = "certId=1&reserved={a=1&b=2}&respMsg=成功[0000000]&signPubKeyCert=-----B-----\nMII+/=\n-----E-----&x="
    assert parameters(text)["reserved"] == "{a=1&b=2}"
    assert parameters(text)["signPubKeyCert"].endswith("=\n-----E-----")
