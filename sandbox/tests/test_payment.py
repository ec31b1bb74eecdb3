from decimal import Decimal

import pytest

from sandbox.tests.driver import Partner, Receiver, SandboxProcess, card_number, wait_for

KINDS = ["payout", "collection"]


def balances(sandbox: SandboxProcess) -> dict[str, Decimal]:
    books = sandbox.read("/books/balances")
    assert books["sum"] == "0.00"
    assert books["accounts"] == books["accounts_from_movements"]
    return {code: Decimal(amount) for code, amount in books["accounts"].items()}


def changes(sandbox: SandboxProcess, before: dict[str, Decimal]) -> dict[str, str]:
    after = balances(sandbox)
    return {code: str(after[code] - before[code]) for code in after if after[code] != before[code]}


def test_a_payout_is_accepted_then_succeeds_and_is_called_back(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    before = balances(sandbox)
    response = partner.pay("5000.00", receiver.url)
    accepted = response.json()
    assert partner.believes(response)
    assert accepted["status"] == "ACCEPTED"
    [message] = receiver.about(accepted["serial"])
    found = partner.ended(accepted["serial"], "SUCCESS")
    assert found == {
        "serial": accepted["serial"],
        "channel_serial": accepted["channel_serial"],
        "status": "SUCCESS",
        "amount": "5000.00",
        "fee": "1.00",
        "finished_at": found["finished_at"],
        "code": "",
    }
    told = {name: value for name, value in message.items() if name not in ("notification_id", "nonce")}
    assert told == found | {"kind": "payout"}
    assert changes(sandbox, before) == {"partner": "-5001.00", "fees": "1.00", "outside": "5000.00"}


def test_a_collection_brings_its_amount_less_the_fee(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    before = balances(sandbox)
    accepted = partner.pay("888.88", receiver.url, kind="collection").json()
    [message] = receiver.about(accepted["serial"])
    assert (message["kind"], message["status"], message["fee"]) == ("collection", "SUCCESS", "0.50")
    assert changes(sandbox, before) == {"partner": "888.38", "fees": "0.50", "outside": "-888.88"}


@pytest.mark.parametrize(("kind", "code"), [("payout", "PAYEE_REJECTED"), ("collection", "PAYER_REJECTED")])
def test_91_is_refused_at_once_and_not_called_back(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver, kind: str, code: str
) -> None:
    before = balances(sandbox)
    refused = partner.pay("100.91", receiver.url, kind=kind).json()
    assert (refused["status"], refused["code"]) == ("FAILED", code)
    found = partner.get(f"/payment/v1/{kind}s/{refused['serial']}").json()
    assert (found["status"], found["code"], found["fee"]) == ("FAILED", code, "0.00")
    [row] = sandbox.read(f"/books/{kind}s", serial=refused["serial"])[f"{kind}s"]
    assert row["notifications"] == []
    assert changes(sandbox, before) == {}


@pytest.mark.parametrize(
    ("kind", "code"), [("payout", "PAYEE_ACCOUNT_ABNORMAL"), ("collection", "CARD_BALANCE_NOT_ENOUGH")]
)
def test_92_is_accepted_then_fails(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver, kind: str, code: str
) -> None:
    before = balances(sandbox)
    accepted = partner.pay("100.92", receiver.url, kind=kind).json()
    assert accepted["status"] == "ACCEPTED"
    [message] = receiver.about(accepted["serial"])
    assert (message["status"], message["code"], message["fee"]) == ("FAILED", code, "0.00")
    assert changes(sandbox, before) == {}


@pytest.mark.parametrize(("kind", "fee"), [("payout", "1.00"), ("collection", "0.50")])
def test_93_succeeds_then_comes_back_without_its_fee(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver, kind: str, fee: str
) -> None:
    before = balances(sandbox)
    accepted = partner.pay("100.93", receiver.url, kind=kind).json()
    first, second = receiver.about(accepted["serial"], 2)
    assert (first["status"], second["status"]) == ("SUCCESS", "RETURNED")
    assert first["notification_id"] != second["notification_id"]
    assert first["finished_at"] < second["finished_at"]
    assert changes(sandbox, before) == {"partner": f"-{fee}", "fees": fee}


def test_94_succeeds_and_is_never_called_back(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    accepted = partner.pay("100.94", receiver.url).json()
    partner.ended(accepted["serial"], "SUCCESS")
    [row] = sandbox.read("/books/payouts", serial=accepted["serial"])["payouts"]
    assert row["notifications"] == []


def test_the_same_instruction_again_gets_the_same_answer_and_moves_money_once(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver
) -> None:
    before = balances(sandbox)
    serial = partner.next_serial()
    first = partner.pay("10.00", receiver.url, serial=serial)
    partner.ended(serial, "SUCCESS")
    again = partner.pay("10.00", "http://127.0.0.1:9/elsewhere", serial=serial)
    assert (again.status_code, again.json()) == (200, first.json())
    assert changes(sandbox, before) == {"partner": "-11.00", "fees": "1.00", "outside": "10.00"}


@pytest.mark.parametrize("other", [{"amount": "10.01"}, {"card_number": card_number(2)}, {"payee_name": "李四"}])
def test_a_serial_used_with_other_content_is_a_conflict(
    partner: Partner, receiver: Receiver, other: dict[str, str]
) -> None:
    serial = partner.next_serial()
    content = {"amount": "10.00", "card_number": card_number(1)}
    partner.pay(notify_url=receiver.url, serial=serial, **content)
    response = partner.pay(notify_url=receiver.url, serial=serial, **(content | other))
    assert (response.status_code, response.json()["code"]) == (409, "SERIAL_REUSED")


def test_a_payouts_serial_is_no_collections_serial(partner: Partner, receiver: Receiver) -> None:
    serial = partner.pay("10.00", receiver.url).json()["serial"]
    assert partner.get(f"/payment/v1/collections/{serial}").status_code == 404
    assert partner.pay("10.00", receiver.url, kind="collection", serial=serial).status_code == 409


def test_an_unknown_serial_is_not_found(partner: Partner) -> None:
    response = partner.get("/payment/v1/payouts/NOSUCH")
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
    assert partner.believes(response)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0.00"},
        {"amount": "-1.00"},
        {"amount": "1.001"},
        {"amount": "1"},
        {"amount": 1},
        {"card_number": card_number(1)[:-1] + "X"},
        {"card_number": "622202"},
        {"card_number": f"{int(card_number(1)) + 1}"},
        {"payee_name": ""},
        {"payee_name": None},
        {"purpose": " "},
        {"notify_url": "file:///etc/passwd"},
        {"serial": "no spaces"},
    ],
)
def test_a_malformed_instruction_is_refused_and_leaves_nothing(
    sandbox: SandboxProcess, partner: Partner, receiver: Receiver, wrong: dict[str, str]
) -> None:
    # What earlier tests ordered may still be on its way.
    before = wait_for(lambda: found if not (found := balances(sandbox))["reserved"] else None)
    response = partner.pay(**{"amount": "10.00", "notify_url": receiver.url, **wrong})
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_PARAMETER")
    assert response.json()["message"].startswith(next(iter(wrong)))
    assert changes(sandbox, before) == {}


def test_the_balance_is_told_under_signature(sandbox: SandboxProcess, partner: Partner) -> None:
    response = partner.get("/payment/v1/balance")
    assert partner.believes(response)
    assert Decimal(response.json()["available"]) == balances(sandbox)["partner"]
    assert response.json()["reserved"] == "0.00"


def test_a_payout_beyond_the_balance_fails_for_good(own_sandbox: SandboxProcess) -> None:
    partner = Partner(own_sandbox)
    refused = partner.pay("999.01", "http://127.0.0.1:9/").json()
    assert (refused["status"], refused["code"]) == ("FAILED", "PAYER_BALANCE_NOT_ENOUGH")
    accepted = partner.pay("999.00", "http://127.0.0.1:9/").json()
    assert accepted["status"] == "ACCEPTED"
    partner.ended(accepted["serial"], "SUCCESS")
    assert balances(own_sandbox) == {"partner": 0, "reserved": 0, "fees": 1, "outside": -1}
