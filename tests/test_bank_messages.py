"""The bank's messages before judges that are not ours; what could hide in XML; statements that do not add up."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.channels import BANK, State, bank_statement
from payments.channels.bank_messages import PAIN_001, PAIN_002, PAIN_008, instruction, status_report
from payments.channels.iso20022 import opened
from payments.models import OrderKind, PaymentOrder
from sandbox import bank as their_bank
from sandbox import bank_statement as their_statement
from sandbox.statements import Line
from tests.support.iso_judge import judge

NAME = '贾 "R&D" <公司>'


def order(kind=OrderKind.PAYOUT, **changes):
    told = {"amount": Decimal("1234.50"), "payee_name": NAME, "account_number": "6228480402564890018"}
    return PaymentOrder(
        kind=kind, purpose="partner_settlement", reference="R1", bank_number="103100000026", **told | changes
    )


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("core.clock.today", lambda: dt.date(2026, 11, 23))


@pytest.mark.parametrize(("kind", "message"), [("payout", PAIN_001), ("collection", PAIN_008)])
def test_what_we_send_is_valid_by_the_official_schema(kind, message):
    text = instruction(order(kind), "20261123PO0000000018")
    judge(text, message)
    for wanted in ("<EndToEndId>20261123PO0000000018<", 'InstdAmt Ccy="CNY">1234.50<', "<MmbId>103100000026<"):
        assert wanted in text


def report(**changes):
    body = {
        "serial": "S1",
        "kind": PAIN_001,
        "status": "ACSC",
        "reason": "",
        "fee": "5.00",
        "channel_serial": "PY1",
        "amount": "10.00",
        "settled_day": "2026-11-23",
    }
    return their_bank._report("N1", body | changes)


@pytest.mark.parametrize("code", ["NOOR", "INVALID_PARAMETER", "SYSTEM_ERROR"])
def test_what_the_sandbox_answers_is_valid_too(code):
    for text in (
        report(),
        report(status="RJCT", reason="AC01", fee="", settled_day=""),
        their_bank._report("N2", {"code": code}),
    ):
        judge(text, PAIN_002)


@pytest.mark.parametrize(
    ("status", "reason", "settled", "means"),
    [
        *[(code, "", "", State.ACCEPTED) for code in ("PDNG", "RCVD", "ACTC", "ACCP", "ACSP")],
        ("ACSC", "", "2026-11-23", State.SUCCEEDED),
        ("RJCT", "AC01", "", State.FAILED),
        ("RJCT", "AC06", "2026-11-23", State.RETURNED),
        ("RJCT", "DU01", "", State.UNKNOWN),  # the second message was rejected, the first may be under way
        ("RJCT", "AM05", "", State.UNKNOWN),
        *[(code, "", "", State.UNKNOWN) for code in ("ACWC", "PART", "CANC", "BLCK", "ZZZZ", "acsc")],
    ],
)
def test_only_what_is_listed_means_something(status, reason, settled, means):
    read = status_report(report(status=status, reason=reason, settled_day=settled))
    assert BANK.state_of(read["status"]) is means
    assert (read["serial"], read["amount"], read["fee"]) == ("S1", "10.00", "5.00")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY d SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("dtd", ["<!DOCTYPE Document>", BOMB, OUTSIDE, '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">'])
def test_a_dtd_is_refused_whatever_it_says(dtd):
    head, _, rest = report().partition("?>\n")
    text = f"{head}?>{dtd}{rest.replace('ACSC', '&d;') if 'd ' in dtd else rest}"
    with pytest.raises(ValueError):
        status_report(text)
    with pytest.raises(ValueError):
        their_bank._parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<Document/>",
        report().replace("pain.002.001.10", "pain.002.001.03"),
        report().replace("urn:iso", "urn:oso"),
        report().replace('Ccy="CNY"', 'Ccy="USD"'),
        report().replace(">10.00<", ">-10.00<"),
        report().replace(
            "</OrgnlPmtInfAndSts>", "</OrgnlPmtInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts/></OrgnlPmtInfAndSts>"
        ),
        report() + "<more/>",
    ],
)
def test_what_is_no_report_of_one_payment_is_refused(text):
    with pytest.raises(ValueError):
        status_report(text)


DAY = dt.date(2026, 11, 23)
lines = st.lists(
    st.builds(
        SimpleNamespace,
        kind=st.sampled_from(["payout", "collection"]),
        status=st.sampled_from(["SUCCESS", "RETURNED"]),
        amount_fen=st.integers(1, 10**12),
        fee_fen=st.integers(0, 500),
    ),
    max_size=8,
)


def stated(opening, moved):
    """The sandbox's statement of these lines, and the lines."""
    made = [
        Line(
            channel_serial=f"PY{number}",
            serial=f"S{number}",
            kind=line.kind,
            amount_fen=line.amount_fen,
            fee_fen=line.fee_fen if line.status == "SUCCESS" else 0,
            status=line.status,
            finished_at="2026-11-23T01:02:03.000Z",
        )
        for number, line in enumerate(moved)
    ]
    code = {"payout": "RETURNED_BY_PAYEE_BANK", "collection": "DISPUTED_BY_PAYER"}
    row = [{"purpose": NAME, "code": code[line.kind]} for line in made]
    return their_statement.written(DAY, opening, list(zip(made, row, strict=True))), made


@given(st.integers(-(10**12), 10**12), lines)
def test_every_statement_comes_back_as_it_was_written(opening, moved):
    text, made = stated(opening, moved)
    read, totals = BANK.parse_statement(text)
    assert [(line.out_trade_no, line.kind, line.status) for line in read] == [
        (x.serial, x.kind, x.status) for x in made
    ]
    assert [line.amount * 100 for line in read] == [line.amount_fen for line in made]
    assert [line.fee * 100 for line in read] == [line.fee_fen for line in made]
    assert (totals.rows, totals.fees * 100) == (len(made), sum(line.fee_fen for line in made))
    assert (totals.sum_in - totals.sum_out - totals.fees) * 100 == sum(line.effect_fen for line in made)
    assert bank_statement.account_and_date(text) == (their_statement.ACCOUNT, "2026-11-23")


ONE = [
    SimpleNamespace(kind="payout", status="SUCCESS", amount_fen=1000, fee_fen=500),
    SimpleNamespace(kind="collection", status="RETURNED", amount_fen=2000, fee_fen=0),
]


def test_a_statement_is_valid_and_one_that_does_not_add_up_is_refused():
    text, _ = stated(100_00, ONE)
    judge(text, bank_statement.CAMT_053)
    lines_read, _ = BANK.parse_statement(text)
    assert [(line.kind, line.status) for line in lines_read] == [("payout", "SUCCESS"), ("collection", "RETURNED")]
    for old, new in [
        (">65.00<", ">65.01<"),
        (">100.00<", ">100.01<"),
        (">5.00<", ">4.00<"),
        ("<CdtDbtInd>DBIT<", "<CdtDbtInd>CRDT<"),
        ("OPBD", "ITBD"),
        ("BOOK", "PDNG"),
        ('"CNY"', '"EUR"'),
        ("<AcctSvcrRef>PY0<", "<AcctSvcrRef>PY9<"),
    ]:
        assert old in text
        with pytest.raises(ValueError):
            BANK.parse_statement(text.replace(old, new, 1))


def test_money_that_others_sent_by_themselves_stands_with_what_they_wrote():
    text, _ = stated(0, [SimpleNamespace(kind="collection", status="SUCCESS", amount_fen=1000, fee_fen=0)])
    [line], _ = BANK.parse_statement(text.replace("<EndToEndId>S0<", "<EndToEndId>NOTPROVIDED<"))
    assert (line.out_trade_no, line.kind, line.status) == (NAME, "collection", "SUCCESS")


def test_a_message_is_opened_by_its_exact_version():
    text = instruction(order(), "S1")
    assert opened(text, PAIN_001).tag.endswith("CstmrCdtTrfInitn")
    with pytest.raises(ValueError):
        opened(text, PAIN_008)
