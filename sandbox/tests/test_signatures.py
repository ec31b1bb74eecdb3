import json
import secrets
import time

import pytest

from sandbox.tests.driver import Partner, SandboxProcess

PATH = "/sms/v1/messages"


def message(partner: Partner) -> str:
    return json.dumps({"serial": partner.next_serial(), "mobile": "13800000001", "text": "hello"})


def texts_kept(sandbox: SandboxProcess) -> int:
    return len(sandbox.read("/books/sms")["messages"])


@pytest.mark.parametrize("at", [-301, 302])
def test_a_stale_message_is_refused(sandbox: SandboxProcess, partner: Partner, at: int) -> None:
    body, before = message(partner), texts_kept(sandbox)
    response = partner.send("POST", PATH, body, partner.headers("POST", PATH, body, at=time.time() + at))
    assert (response.status_code, response.json()["code"]) == (401, "BAD_SIGNATURE")
    assert partner.believes(response)
    assert texts_kept(sandbox) == before


@pytest.mark.parametrize("name", ["X-Signature", "X-Nonce", "X-Timestamp", "X-Partner"])
@pytest.mark.parametrize("value", [None, "", "nonsense", "²"])
def test_a_message_with_a_bad_header_is_refused(partner: Partner, name: str, value: str | None) -> None:
    body = message(partner)
    headers = partner.headers("POST", PATH, body)
    del headers[name]
    if value is not None:
        headers[name] = value
    raw = [(key.encode(), text.encode()) for key, text in headers.items()]
    response = partner.sandbox.http.post(PATH, content=body, headers=raw)
    assert (response.status_code, response.json()["code"]) == (401, "BAD_SIGNATURE")


def test_a_changed_body_method_or_path_is_refused(partner: Partner) -> None:
    body = message(partner)
    changed = partner.send("POST", PATH, body + " ", partner.headers("POST", PATH, body))
    other_method = partner.send("POST", PATH, body, partner.headers("PUT", PATH, body))
    other_path = partner.send("POST", PATH + "?a=1", body, partner.headers("POST", PATH, body))
    assert [changed.status_code, other_method.status_code, other_path.status_code] == [401, 401, 401]


def test_the_query_is_part_of_what_is_signed(partner: Partner) -> None:
    assert partner.get("/payment/v1/balance?a=1&b=%2F").status_code == 200


def test_a_nonce_serves_once(sandbox: SandboxProcess, partner: Partner) -> None:
    nonce, before = secrets.token_hex(16), texts_kept(sandbox)
    first, second = message(partner), message(partner)
    taken = partner.send("POST", PATH, first, partner.headers("POST", PATH, first, nonce=nonce))
    replayed = partner.send("POST", PATH, second, partner.headers("POST", PATH, second, nonce=nonce))
    assert (taken.status_code, replayed.status_code) == (200, 401)
    assert texts_kept(sandbox) == before + 1


def test_a_nonce_stays_used_after_a_restart(own_sandbox: SandboxProcess) -> None:
    partner = Partner(own_sandbox)
    headers = partner.headers("GET", "/payment/v1/balance", "")
    assert partner.send("GET", "/payment/v1/balance", "", headers).status_code == 200
    own_sandbox.kill()
    own_sandbox.start()
    assert partner.send("GET", "/payment/v1/balance", "", headers).status_code == 401


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '"text"', '{"serial": 1}'])
def test_a_body_that_is_no_instruction_is_refused(partner: Partner, body: str) -> None:
    for path in (
        "/sms/v1/messages",
        "/payment/v1/payouts",
        "/identity/v1/four-elements",
        "/funder/v1/participations",
    ):
        response = partner.send("POST", path, body, partner.headers("POST", path, body))
        assert (response.status_code, response.json()["code"]) == (400, "INVALID_PARAMETER")
        assert partner.believes(response)


def test_a_partner_without_a_key_here_is_refused(own_sandbox: SandboxProcess) -> None:
    (own_sandbox.directory / "platform.pub.pem").unlink()
    own_sandbox.kill()
    own_sandbox.start()
    assert Partner(own_sandbox).get("/payment/v1/balance").status_code == 401
