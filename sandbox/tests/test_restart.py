import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.signing import INSTITUTIONS
from sandbox.tests.driver import PROJECT, Partner, Receiver, SandboxProcess, wait_for


@pytest.fixture
def own_receiver(own_sandbox: SandboxProcess) -> Iterator[Receiver]:
    receiver = Receiver(own_sandbox)
    yield receiver
    receiver.close()


def told_both(receiver: Receiver, serial: str) -> dict[str, str]:
    """The two things told of a transfer, by notification: one that a kill cut off is told again."""

    def found() -> dict[str, str]:
        told = {message["notification_id"]: message["status"] for message in receiver.so_far(serial)}
        return told if len(told) == 2 else {}

    return wait_for(found)


def test_killed_before_settling_it_pays_once_after_a_restart(
    own_sandbox: SandboxProcess, own_receiver: Receiver
) -> None:
    partner = Partner(own_sandbox)
    own_sandbox.kill()
    own_sandbox.environment["SANDBOX_SETTLE_SECONDS"] = "1"
    own_sandbox.start()
    accepted = [partner.pay("10.00", own_receiver.url).json() for _ in range(3)]
    own_sandbox.kill()
    assert own_receiver.received == []
    own_sandbox.start()
    for answer in accepted:
        partner.ended(answer["serial"], "SUCCESS")
        assert [message["status"] for message in own_receiver.about(answer["serial"])] == ["SUCCESS"]
    assert own_sandbox.read("/books/balances")["accounts"]["partner"] == "967.00"


def test_killed_again_and_again_each_payout_is_paid_once(own_sandbox: SandboxProcess, own_receiver: Receiver) -> None:
    partner = Partner(own_sandbox)
    serials = []
    for _ in range(4):
        serials += [partner.pay("1.93", own_receiver.url).json()["serial"] for _ in range(3)]
        own_sandbox.kill()
        own_sandbox.start()
    for serial in serials:
        partner.ended(serial, "RETURNED")
        assert sorted(told_both(own_receiver, serial).values()) == ["RETURNED", "SUCCESS"]
    accounts = own_sandbox.read("/books/balances")["accounts"]
    assert accounts == {"fees": "12.00", "outside": "-1000.00", "partner": "988.00", "reserved": "0.00"}


def test_callbacks_go_on_after_a_restart(own_sandbox: SandboxProcess, own_receiver: Receiver) -> None:
    partner = Partner(own_sandbox)
    own_sandbox.order_fault("callbacks", "lose", count=None)
    serial = partner.pay("10.00", own_receiver.url).json()["serial"]
    partner.ended(serial, "SUCCESS")
    own_sandbox.kill()
    own_sandbox.start()
    assert own_sandbox.read("/control/faults")["faults"] != []
    own_sandbox.http.delete("/control/faults")
    [message] = own_receiver.about(serial)
    assert message["status"] == "SUCCESS"


def test_a_partner_that_is_down_for_a_while_is_told_later(own_sandbox: SandboxProcess) -> None:
    partner, receiver = Partner(own_sandbox), Receiver(own_sandbox)
    receiver.close()
    serial = partner.pay("10.00", receiver.url).json()["serial"]

    def attempts() -> int:
        [row] = own_sandbox.read("/books/payouts", serial=serial)["payouts"]
        return sum(one["attempts"] for one in row["notifications"])

    wait_for(lambda: attempts() >= 2)


def test_what_was_answered_before_the_kill_is_answered_again(own_sandbox: SandboxProcess) -> None:
    partner, serial = Partner(own_sandbox), "SAME1"
    first = partner.pay("10.00", "http://127.0.0.1:9/", serial=serial).json()
    own_sandbox.kill()
    own_sandbox.start()
    assert partner.pay("10.00", "http://127.0.0.1:9/", serial=serial).json() == first


def test_keys_and_clock_survive(own_sandbox: SandboxProcess) -> None:
    keys = own_sandbox.directory / "data" / "keys"
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    assert len(before) == 2 * len(INSTITUTIONS) + 1  # and the secret shared with WeChat Pay
    assert (keys / "payment.pem").stat().st_mode & 0o777 == 0o600
    own_sandbox.http.post("/control/clock", json={"offset_seconds": 86400})
    own_sandbox.kill()
    own_sandbox.start()
    assert {path.name: path.read_bytes() for path in keys.iterdir()} == before
    assert own_sandbox.read("/control/clock")["offset_seconds"] == 86400


def run(sandbox: SandboxProcess, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=PROJECT,
        env=sandbox.environment | environment,
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_a_taken_port_is_said_in_a_sentence(own_sandbox: SandboxProcess) -> None:
    ended = run(own_sandbox)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"The sandbox cannot start: 127.0.0.1:{own_sandbox.port} is not free (Address already in use)."
        " Choose another with SANDBOX_PORT.\n"
    )


def test_a_wrong_setting_is_named(own_sandbox: SandboxProcess) -> None:
    ended = run(own_sandbox, SANDBOX_PORT="many")
    assert (ended.returncode, ended.stderr) == (
        1,
        "The sandbox cannot start: SANDBOX_PORT must be a number, not 'many'.\n",
    )


def test_keys_are_made_only_where_missing(own_sandbox: SandboxProcess) -> None:
    (own_sandbox.directory / "data" / "keys" / "sms.pem").unlink()
    assert "sms" in run(own_sandbox, "keys").stdout
    assert "none" in run(own_sandbox, "keys").stdout
    assert run(own_sandbox, "nonsense").returncode == 2


def test_it_begins_anew_without_a_restart(own_sandbox: SandboxProcess, own_receiver: Receiver) -> None:
    partner = Partner(own_sandbox)
    begun = own_sandbox.read("/books/balances")["accounts"]
    paid = partner.pay("10.00", own_receiver.url).json()
    partner.ended(paid["serial"], "SUCCESS")
    own_sandbox.order_fault("callbacks", "delay", seconds=60)
    delayed = partner.pay("11.00", own_receiver.url).json()
    partner.ended(delayed["serial"], "SUCCESS")
    own_sandbox.http.post("/control/clock", json={"offset_seconds": 86400})
    assert own_sandbox.http.delete("/control/books").json()["offset_seconds"] == 0
    assert own_sandbox.transfers() == []
    assert own_sandbox.read("/control/faults")["faults"] == []
    assert own_sandbox.read("/books/balances")["accounts"] == begun
    again = partner.pay("12.00", own_receiver.url).json()
    assert own_receiver.about(again["serial"])
    assert not own_receiver.so_far(delayed["serial"])
