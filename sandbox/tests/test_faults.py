import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.tests.driver import Partner, Receiver, SandboxProcess

NO_ANSWER = httpx.RemoteProtocolError


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A sandbox of each test's own: a callback left behind would use up a fault that another test orders."""
    process = SandboxProcess(tmp_path)
    yield process
    process.kill()


def kept(sandbox: SandboxProcess, serial: str) -> list[dict[str, Any]]:
    return list(sandbox.read("/books/payouts", serial=serial)["payouts"])


def test_delay(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("payouts", "delay", seconds=0.4)
    started = time.monotonic()
    assert partner.pay("10.00", receiver.url).json()["status"] == "ACCEPTED"
    assert time.monotonic() - started >= 0.4


def test_a_trickling_answer_is_never_silent_for_long_and_whole_in_the_end(
    sandbox: SandboxProcess, partner: Partner
) -> None:
    sandbox.order_fault("queries", "trickle", seconds=0.6)
    headers = partner.headers("GET", "/payment/v1/balance", "")
    started = time.monotonic()
    response = sandbox.http.get("/payment/v1/balance", headers=headers, timeout=0.5)
    assert time.monotonic() - started >= 0.5
    assert partner.believes(response)


def test_a_lost_request_never_arrived(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("payouts", "lose")
    serial = partner.next_serial()
    with pytest.raises(NO_ANSWER):
        partner.pay("10.00", receiver.url, serial=serial)
    assert kept(sandbox, serial) == []
    assert partner.get(f"/payment/v1/payouts/{serial}").status_code == 404
    assert partner.pay("10.00", receiver.url, serial=serial).json()["status"] == "ACCEPTED"


def test_a_lost_answer_left_the_money_paid(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("payouts", "lose_answer", seconds=0.2)
    serial = partner.next_serial()
    with pytest.raises(NO_ANSWER):
        partner.pay("10.00", receiver.url, serial=serial)
    receiver.about(serial)
    assert partner.ended(serial, "SUCCESS")["amount"] == "10.00"


def test_silence_can_outlast_the_partners_patience(sandbox: SandboxProcess, partner: Partner) -> None:
    sandbox.order_fault("queries", "lose", seconds=5)
    headers = partner.headers("GET", "/payment/v1/balance", "")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.get("/payment/v1/balance", headers=headers, timeout=0.2)


def test_an_error_after_accepting_is_signed_and_the_money_paid(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    sandbox.order_fault("collections", "error_after_accepting")
    serial = partner.next_serial()
    response = partner.pay("10.00", receiver.url, kind="collection", serial=serial)
    assert (response.status_code, response.json()["code"]) == (500, "SYSTEM_ERROR")
    assert partner.believes(response)
    partner.ended(serial, "SUCCESS", kind="collection")


def test_a_badly_signed_answer(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("payouts", "bad_signature")
    response = partner.pay("10.00", receiver.url)
    assert response.json()["status"] == "ACCEPTED"
    assert not partner.believes(response)
    partner.ended(response.json()["serial"], "SUCCESS")


def test_refuse_is_a_definite_no_in_each_institutions_words(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    for target in ("payouts", "queries", "sms", "statements"):
        sandbox.order_fault(target, "refuse")
    refused = partner.pay("10.00", receiver.url).json()
    assert (refused["status"], refused["code"]) == ("FAILED", "CHANNEL_REFUSED")
    path = f"/payment/v1/payouts/{refused['serial']}"
    assert [partner.get(path).status_code, partner.get(path).json()["status"]] == [404, "FAILED"]
    text = {"serial": partner.next_serial(), "mobile": "13700000001", "text": "hello"}
    assert [partner.post("/sms/v1/messages", text).status_code for _ in range(2)] == [422, 200]
    assert partner.get("/payment/v1/statements/2020-01-01").json()["code"] == "NOT_READY"
    assert partner.get("/payment/v1/statements/2020-01-01").status_code == 200


def test_faults_befall_in_order_and_are_used_up(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("payouts", "refuse", count=2)
    sandbox.order_fault("payouts", "error_after_accepting")
    answers = [partner.pay("10.00", receiver.url) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 500, 200]
    assert [answer.json().get("status") for answer in answers] == ["FAILED", "FAILED", None, "ACCEPTED"]
    assert sandbox.read("/control/faults") == {"faults": []}


def test_a_fault_without_count_lasts_until_cleared(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    sandbox.order_fault("payouts", "refuse", count=None)
    assert {partner.pay("10.00", receiver.url).json()["status"] for _ in range(3)} == {"FAILED"}
    sandbox.http.delete("/control/faults")
    assert partner.pay("10.00", receiver.url).json()["status"] == "ACCEPTED"


def test_a_callback_is_repeated_until_answered_200_under_one_id(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302]
    serial = partner.pay("10.00", receiver.url).json()["serial"]
    messages = receiver.about(serial, 3)
    assert len({message["notification_id"] for message in messages}) == 1
    assert len({message["nonce"] for message in messages}) == 3
    time.sleep(0.7)
    assert len(receiver.so_far(serial)) == 3
    [row] = kept(sandbox, serial)
    assert (row["notifications"][0]["attempts"], row["notifications"][0]["delivered_at"] > 0) == (3, True)


@pytest.mark.parametrize(("fault", "deliveries"), [("lose", 1), ("lose_answer", 2), ("duplicate", 2), ("delay", 1)])
def test_what_may_befall_a_callback(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver, fault: str, deliveries: int
) -> None:
    sandbox.order_fault("callbacks", fault, seconds=0.1)
    serial = partner.pay("10.00", receiver.url).json()["serial"]
    messages = receiver.about(serial, deliveries)
    assert len({message["notification_id"] for message in messages}) == 1
    time.sleep(0.7)
    assert len(receiver.so_far(serial)) == deliveries


def test_a_badly_signed_callback_is_repeated_with_a_good_signature(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    sandbox.order_fault("callbacks", "bad_signature")
    serial = partner.pay("10.00", receiver.url).json()["serial"]
    receiver.about(serial)
    assert receiver.refused == 1


def test_one_slow_delivery_holds_up_no_other(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.order_fault("callbacks", "delay", seconds=1.5)
    slow = partner.pay("10.00", receiver.url).json()["serial"]
    partner.ended(slow, "SUCCESS")
    time.sleep(0.2)
    quick = partner.pay("10.00", receiver.url).json()["serial"]
    receiver.about(quick)
    assert receiver.so_far(slow) == []
    receiver.about(slow)


@pytest.mark.parametrize(
    "order",
    [
        {"target": "nobody", "fault": "lose"},
        {"target": "payouts", "fault": "duplicate"},
        {"target": "callbacks", "fault": "refuse"},
        {"target": "payouts", "fault": "lose", "count": 0},
        {"target": "payouts", "fault": "lose", "count": 1.5},
        {"target": "payouts", "fault": "delay", "seconds": -1},
        {"target": "payouts", "fault": "delay", "seconds": "long"},
        {"target": ["payouts"], "fault": "delay"},
        [],
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox: SandboxProcess, order: object) -> None:
    response = sandbox.http.post("/control/faults", json=order)
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_PARAMETER")
    assert sandbox.read("/control/faults") == {"faults": []}
