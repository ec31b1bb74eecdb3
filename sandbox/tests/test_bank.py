"""The bank over HTTP: a number stands for one instruction, what is malformed leaves nothing, all of it ISO 20022."""

import re

import pytest

from sandbox.tests.driver import wait_for
from tests.support.iso_judge import judge

PAYMENTS, OURS = "/bank/v1/payments", "11001018800059600001"
INSTRUCTION = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-23T09:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs><CtrlSum>{sum}</CtrlSum>
<InitgPty><Nm>我方</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>{number}</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>
<Dbtr><Nm>我方</Nm></Dbtr><DbtrAcct><Id><Othr><Id>{ours}</Id></Othr></Id></DbtrAcct><DbtrAgt><FinInstnId/></DbtrAgt>
<CdtTrfTxInf><PmtId><EndToEndId>{number}</EndToEndId></PmtId><Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt>
<CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>103100000026</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
<Cdtr><Nm>示范银行</Nm></Cdtr><CdtrAcct><Id><Othr><Id>6228480402564890018</Id></Othr></Id></CdtrAcct>
<RmtInf><Ustrd>settlement</Ustrd></RmtInf></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"""


@pytest.fixture
def bank(partner):
    """Sends an instruction or a question; checks signature and form of every answer, and gives what it says."""

    def read(response, message="pain.002.001.10"):
        assert partner.believes(response)
        judge(response.text, message)
        said = re.findall(r"<(TxSts|GrpSts|Cd|Prtry|AcctSvcrRef)>([^<]+)<", response.text)
        return response.status_code, dict(said)

    class Bank:
        def pay(self, number, **changes):
            told = {
                "number": number,
                "amount": "12.30",
                "sum": "12.30",
                "currency": "CNY",
                "ours": "11001018800059600001",
            }
            body = changes.pop("body", "") or INSTRUCTION.format(**told | changes)
            path = f"{PAYMENTS}?notify_url=http://127.0.0.1:9/"
            return read(partner.send("POST", path, body, partner.headers("POST", path, body)))

        def ask(self, number):
            return read(partner.get(f"{PAYMENTS}/{number}"))

    return Bank()


def test_a_number_stands_for_one_instruction(bank, sandbox):
    status, first = bank.pay("B1")
    assert (status, first["TxSts"]) == (200, "ACTC")
    wait_for(lambda: bank.ask("B1")[1]["TxSts"] == "ACSC")
    assert bank.pay("B1") == (200, {"TxSts": "ACSC", "AcctSvcrRef": first["AcctSvcrRef"]})
    assert bank.pay("B1", amount="12.31", sum="12.31") == (409, {"GrpSts": "RJCT", "Cd": "DU01"})
    assert bank.ask("B2") == (404, {"GrpSts": "RJCT", "Cd": "NOOR"})
    assert len(sandbox.read("/books/bank/payouts", serial="B1")["payouts"]) == 1


def test_what_is_malformed_leaves_nothing(bank, sandbox):
    for changes in ({"sum": "12.31"}, {"currency": "USD"}, {"ours": "1"}, {"body": "{}"}, {"body": "<!DOCTYPE a><a/>"}):
        assert bank.pay("B3", **changes) == (400, {"GrpSts": "RJCT", "Prtry": "INVALID_PARAMETER"})
    assert sandbox.read("/books/bank/payouts", serial="B3")["payouts"] == []
    assert bank.pay("B3", amount="12.91", sum="12.91")[1]["Cd"] == "AC01"
    assert bank.pay("B4", amount="5000000000.00", sum="5000000000.00")[1]["Cd"] == "AM04"
