import httpx
import pytest

from sandbox.tests.driver import Partner, SandboxProcess


def send_text(partner: Partner, **changes: str) -> httpx.Response:
    message = {"serial": partner.next_serial(), "mobile": "13700000001", "text": "验证码 135790"}
    return partner.post("/sms/v1/messages", message | changes)


def offer(partner: Partner, **changes: object) -> dict[str, object]:
    return {
        "serial": partner.next_serial(),
        "loan_reference": "LN1",
        "principal": "10000.00",
        "share_amount": "3000.00",
        "share_ratio": "0.30",
        "annual_rate": "0.1200000000",
        "term_months": 12,
        "region": "310000",
        **changes,
    }


def test_a_texts_words_can_be_read_the_newest_first(sandbox: SandboxProcess, partner: Partner) -> None:
    first = send_text(partner, mobile="13700000777").json()
    second = send_text(partner, mobile="13700000777", text="第二条").json()
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    messages = sandbox.read("/books/sms", mobile="13700000777")["messages"]
    assert [one["text"] for one in messages] == ["第二条", "验证码 135790"]
    assert [one["gateway_serial"] for one in messages] == [second["gateway_serial"], first["gateway_serial"]]


def test_a_text_is_sent_once_a_serial(sandbox: SandboxProcess, partner: Partner) -> None:
    serial = partner.next_serial()
    first = send_text(partner, serial=serial, mobile="13700000888")
    again = send_text(partner, serial=serial, mobile="13700000888")
    assert first.json() == again.json()
    assert len(sandbox.read("/books/sms", mobile="13700000888")["messages"]) == 1
    assert send_text(partner, serial=serial, mobile="13700000999").status_code == 409


@pytest.mark.parametrize("changes", [{"mobile": "10086"}, {"text": ""}, {"text": "字" * 501}])
def test_a_malformed_text_is_refused(partner: Partner, changes: dict[str, str]) -> None:
    assert send_text(partner, **changes).status_code == 400


@pytest.mark.parametrize(
    ("changes", "answer", "reason"),
    [
        ({}, "approved", ""),
        ({"share_amount": "3333.33", "share_ratio": "0.333333"}, "approved", ""),
        ({"principal": "1000.95", "share_amount": "300.29"}, "refused", "OUTSIDE_APPETITE"),
        ({"share_amount": "2999.00", "share_ratio": "0.2999"}, "refused", "SHARE_OUT_OF_RANGE"),
        ({"share_amount": "3000.02"}, "refused", "SHARE_MISMATCH"),
        ({"annual_rate": "0.2401"}, "refused", "RATE_OUT_OF_RANGE"),
    ],
)
def test_the_funder_decides(partner: Partner, changes: dict[str, object], answer: str, reason: str) -> None:
    asked = offer(partner, **changes)
    response = partner.post("/funder/v1/participations", asked)
    assert partner.believes(response)
    assert (response.json()["answer"], response.json()["reason"]) == (answer, reason)
    assert partner.post("/funder/v1/participations", asked).json() == response.json()
    found = partner.get(f"/funder/v1/participations/{asked['serial']}").json()
    assert found == {"serial": asked["serial"], **response.json()}


def test_96_is_never_answered_but_can_be_asked_for(sandbox: SandboxProcess, partner: Partner) -> None:
    asked = offer(partner, principal="1000.96", share_amount="300.29")
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            partner.post("/funder/v1/participations", asked)
    assert partner.get(f"/funder/v1/participations/{asked['serial']}").json()["answer"] == "approved"
    [row] = sandbox.read("/books/participations", serial=str(asked["serial"]))["participations"]
    assert (row["principal"], row["share_amount"]) == ("1000.96", "300.29")


@pytest.mark.parametrize(
    "changes", [{"share_ratio": "NaN"}, {"annual_rate": "much"}, {"term_months": "12"}, {"term_months": True}]
)
def test_a_malformed_offer_is_refused(partner: Partner, changes: dict[str, object]) -> None:
    asked = offer(partner, **changes)
    assert partner.post("/funder/v1/participations", asked).status_code == 400
    assert partner.get(f"/funder/v1/participations/{asked['serial']}").status_code == 404
