"""Callbacks over real HTTP: believed only when signed, worked off once, in whatever order they come."""

import json
import threading
from decimal import Decimal

import pytest
from django.db import connection

from core import work
from core.models import ExternalMessage, Work
from payments import sending, settling
from payments.channels import Finding, State
from payments.models import ChannelNotice, PaymentOrder
from payments.tests.driving import finish, history, open_work
from payments.tests.institution import call_back, headers, notice, post
from payments.tests.orderer import cash, nothing_hangs, order
from tests.support.processes import wait_until

pytestmark = pytest.mark.usefixtures("callback_address")


def work_on(kind, *, until=lambda: True):
    """Run only work of this kind, so that a callback cannot be helped by a query."""
    Work.objects.exclude(kind=kind).filter(state="waiting").update(due_at="2100-01-01T00:00:00Z")
    Work.objects.filter(kind=kind, state="waiting").update(due_at="2000-01-01T00:00:00Z")
    work.run_due()
    return until()


def status(placed):
    return PaymentOrder.objects.get(pk=placed.pk).status


class TestTheSandboxCallsBack:
    """The whole way: sent, accepted, called back."""

    @pytest.mark.parametrize("fault", [None, "duplicate", "lose_answer", "lose", "bad_signature"])
    def test_an_order_is_settled_by_the_callback_alone_and_once(self, sandbox, orderer, fault):
        before = cash()
        if fault:
            sandbox.fault("callbacks", fault, count=1)
        placed = order("120.00")
        work_on("send_order")
        wait_until(ChannelNotice.objects.exists, "the callback", seconds=10)
        wait_until(lambda: work_on("apply_notice", until=lambda: status(placed) == "succeeded"), "settled", seconds=10)
        wait_until(lambda: _delivered(sandbox), "every delivery answered", seconds=10)
        assert orderer.heard == ["succeeded"]
        assert ChannelNotice.objects.count() == 1
        assert not ExternalMessage.objects.filter(direction="out", method="GET").exists()
        refused = ExternalMessage.objects.filter(direction="in", signature="bad", outcome="refused").count()
        assert refused == (1 if fault == "bad_signature" else 0)
        assert cash() - before == Decimal("-121.00")
        finish()
        assert (orderer.heard, open_work(), nothing_hangs()) == (["succeeded"], [], True)

    def test_a_return_is_called_back_too(self, sandbox, orderer):
        placed = order("120.93")
        work_on("send_order")
        wait_until(lambda: work_on("apply_notice", until=lambda: status(placed) == "returned"), "returned", seconds=10)
        assert orderer.heard == ["succeeded", "returned"]
        assert nothing_hangs()


def _delivered(sandbox):
    [book] = sandbox.book("payouts")["payouts"]
    return all(note["delivered_at"] for note in book["notifications"])


@pytest.fixture
def accepted(orderer, institution_keys):
    """An order that an institution has accepted, which then is silent: this test speaks in its place."""
    placed = order("66.94")
    sending._record(sending._begin_attempt(placed.serial), Finding(State.ACCEPTED, "answer"))
    assert status(placed) == "accepted"
    return placed


@pytest.fixture
def keys(institution_keys):
    return institution_keys


def work_off():
    """Work on notices until what cannot be done is parked."""
    for _ in range(20):
        work_on("apply_notice")


class TestOrderOfArrival:
    """News in any order, repeated, or impossible."""

    def test_a_return_before_the_success_is_both(self, accepted, orderer, keys):
        assert call_back(keys, notice(accepted, "RETURNED", code="CLOSED")).json() == {"code": "OK"}
        work_off()
        assert call_back(keys, notice(accepted, "SUCCESS")).status_code == 200
        work_off()
        assert orderer.heard == ["succeeded", "returned"]
        assert history(accepted) == ["sending", "accepted", "succeeded", "returned"]
        assert nothing_hangs()

    def test_processing_changes_nothing(self, accepted, orderer, keys):
        call_back(keys, notice(accepted, "PROCESSING"))
        work_off()
        assert (status(accepted), orderer.heard) == ("accepted", [])

    def test_a_contradiction_is_left_to_a_person(self, accepted, orderer, keys):
        for word in ("SUCCESS", "FAILED"):
            call_back(keys, notice(accepted, word))
            work_off()
        assert (status(accepted), orderer.heard) == ("succeeded", ["succeeded"])
        [parked] = Work.objects.filter(kind="apply_notice", state="parked")
        assert parked.last_error.startswith("Contradiction: ")

    def test_another_amount_is_left_to_a_person(self, accepted, orderer, keys):
        call_back(keys, notice(accepted, "SUCCESS", amount="6694.00"))
        work_off()
        assert (status(accepted), orderer.heard) == ("accepted", [])
        assert "amount 6694.00 instead of 66.94" in Work.objects.get(kind="apply_notice").last_error

    def test_an_order_that_is_not_ours_is_left_to_a_person(self, accepted, keys):
        answer = call_back(keys, notice(accepted, "SUCCESS", serial="20261123PO0000009999"))
        assert answer.json() == {"code": "OK"}
        work_off()
        assert Work.objects.get(kind="apply_notice").state == "parked"

    def test_the_same_notice_again_is_harmless(self, accepted, orderer, keys):
        message = notice(accepted, "SUCCESS")
        assert [call_back(keys, message).status_code for _ in range(3)] == [200, 200, 200]
        work_off()
        assert (orderer.heard, ChannelNotice.objects.count()) == (["succeeded"], 1)

    @pytest.mark.parametrize("change", [{"status": "FAILED"}, {"amount": "66.95"}, {"channel_serial": "PY2"}])
    def test_the_same_number_with_other_content_is_refused_and_left_to_a_person(self, accepted, orderer, keys, change):
        message = notice(accepted, "SUCCESS")
        assert call_back(keys, message).status_code == 200
        answer = call_back(keys, {**message, **change})
        assert (answer.status_code, answer.json()["code"]) == (409, "notice_changed")
        work_off()
        for _ in range(8):
            work_on("changed_notice")
        parked = Work.objects.get(kind="changed_notice")
        assert (parked.state, parked.last_error.split(":")[0]) == ("parked", "Contradiction")
        assert message["notification_id"] in parked.last_error
        assert ExternalMessage.objects.filter(direction="in", signature="good").count() == 2
        assert (orderer.heard, ChannelNotice.objects.get().status) == (["succeeded"], "SUCCESS")


class TestRefusals:
    """What is not the institution's word changes nothing."""

    def refused(self, answer, status_code, code):
        assert answer.status_code == status_code
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert ChannelNotice.objects.count() == 0
        assert not Work.objects.filter(kind="apply_notice").exists()

    def test_a_strangers_signature(self, accepted, keys):
        message = notice(accepted, "SUCCESS")
        self.refused(call_back(keys, message, signer="funder"), 401, "bad_signature")
        [logged] = ExternalMessage.objects.filter(direction="in")
        assert (logged.signature, logged.outcome, status(accepted)) == ("bad", "refused", "accepted")

    def test_an_old_message(self, accepted, keys):
        self.refused(call_back(keys, notice(accepted, "SUCCESS"), age=301), 401, "bad_signature")

    def test_a_changed_message(self, accepted, keys):
        body = json.dumps(notice(accepted, "FAILED"))
        self.refused(post(body.replace("FAILED", "SUCCESS"), headers(keys, body)), 401, "bad_signature")

    def test_a_message_for_another_address(self, accepted, keys):
        body = json.dumps(notice(accepted, "SUCCESS"))
        self.refused(post(body, headers(keys, body, path="/callbacks/other/")), 401, "bad_signature")

    def test_no_signature(self, accepted):
        self.refused(post(json.dumps(notice(accepted, "SUCCESS")), {}), 401, "bad_signature")

    def test_a_replayed_message(self, accepted, keys):
        body = json.dumps(notice(accepted, "PROCESSING"))
        signed = headers(keys, body)
        assert post(body, signed).status_code == 200
        assert (post(body, signed).status_code, post(body, signed).json()["code"]) == (409, "replayed")

    def test_what_is_not_json(self, accepted, keys):
        self.refused(call_back(keys, "SUCCESS"), 400, "not_json")

    @pytest.mark.parametrize(
        "change", [{"serial": None}, {"amount": "-1.00"}, {"amount": "NaN"}, {"fee": []}, {"notification_id": 7}]
    )
    def test_what_cannot_be_read(self, accepted, keys, change):
        self.refused(call_back(keys, notice(accepted, "SUCCESS", **change)), 400, "invalid_notice")

    def test_a_huge_message(self, accepted, keys):
        self.refused(call_back(keys, notice(accepted, "SUCCESS", code="x" * 70_000)), 413, "too_large")

    def test_an_unknown_institution(self, accepted, keys):
        body = json.dumps(notice(accepted, "SUCCESS"))
        self.refused(post(body, headers(keys, body), path="/callbacks/other/"), 404, "not_found")


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.RETURNED])
def test_a_success_after_a_failure_is_believed_once_the_institution_itself_is_asked(sandbox, orderer, state):
    before, placed = cash(), order("120.94")
    sending.send(placed.serial)
    attempt = placed.attempts.get()
    sending.end(attempt, Finding(State.FAILED, "notice 1", code="LOST"))
    sending.end(attempt, Finding(state, "notice 2", amount=placed.amount))
    assert (status(placed), orderer.heard) == ("failed", ["failed"])
    finish()
    assert (status(placed), orderer.heard) == ("succeeded", ["failed", "succeeded"])
    assert [outcome.after_failure for outcome in orderer.outcomes] == [False, True]
    assert history(placed) == ["sending", "accepted", "failed", "succeeded"]
    assert cash() - before == Decimal("-121.94")
    assert (open_work(), nothing_hangs()) == ([], True)


@pytest.mark.parametrize("round_number", range(4))
def test_callback_and_query_that_race_book_once(accepted, orderer, round_number):
    before, start, errors = cash(), threading.Barrier(4), []

    def rival(source):
        finding = Finding(State.SUCCEEDED, source, amount=accepted.amount, fee=Decimal("1.00"))
        start.wait()
        try:
            settling.settle(accepted.serial, finding)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=rival, args=(name,)) for name in ("query", "notice 1", "notice 2", "query")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (errors, orderer.heard, status(accepted)) == ([], ["succeeded"], "succeeded")
    assert cash() - before == Decimal("-67.94")
    assert history(accepted) == ["sending", "accepted", "succeeded"]
