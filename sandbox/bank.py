"""A bank that pays companies and debits them, in ISO 20022 over HTTP: pain.001 and pain.008 in, pain.002 back and told,
camt.053 for a day. Signed as every message of the institutions is; books of its own.
"""

import datetime as dt
import json
import sqlite3
from typing import Any

from starlette.routing import Route

from sandbox import bank_statement, checks, signing, statements, transfers
from sandbox.bank_statement import ACCOUNT
from sandbox.clock import iso
from sandbox.exchange import PLAIN, Exchange, Incoming, Refusal, Reply, Tongue, route
from sandbox.iso20022 import Place, Tree, Yuan, document, opened
from sandbox.ledger import yuan
from sandbox.notifications import Letter
from sandbox.transfers import Instruction, Kind
from sandbox.world import World

CODE = "bank"
PAIN_001, PAIN_002, PAIN_008 = "pain.001.001.09", "pain.002.001.10", "pain.008.001.08"
ROOTS = {PAIN_001: "CstmrCdtTrfInitn", PAIN_008: "CstmrDrctDbtInitn"}
FEE_FEN = {Kind.PAYOUT: 500, Kind.COLLECTION: 200}
STATUSES = {"ACCEPTED": "ACTC", "PROCESSING": "ACSP", "SUCCESS": "ACSC", "FAILED": "RJCT", "RETURNED": "RJCT"}
REASONS = {
    "PAYEE_REJECTED": "AC01",
    "PAYER_REJECTED": "MD01",
    "PAYEE_ACCOUNT_ABNORMAL": "AC04",
    "CARD_BALANCE_NOT_ENOUGH": "AM04",
    "PAYER_BALANCE_NOT_ENOUGH": "AM04",
    "CHANNEL_REFUSED": "TM01",
    **bank_statement.RETURN_REASONS,
}


def take_instruction(world: World, incoming: Incoming) -> Reply:
    """Take on a payment or a debit: once, however often it comes. Raises Refusal: 400, and 409 for other content."""
    instruction = _read(incoming.body["message"], incoming.body["place"], checks.address(incoming.path, "notify_url"))
    known = transfers.find(world, instruction.serial)
    if known is None:
        answer = transfers.accept(world, instruction, "CHANNEL_REFUSED" if incoming.refused else "")
        return Reply(_described(world, instruction.serial, answer["status"]))
    if any(known[name] != value for name, value in instruction.content().items()):
        raise Refusal(409, "DU01", "This message number was used with other content.")
    return Reply(_described(world, instruction.serial, known["status"]))


def tell_status(world: World, incoming: Incoming) -> Reply:
    """How an instruction stands. Raises Refusal (404)."""
    row = transfers.find(world, incoming.path["serial"])
    if row is None or incoming.refused:
        raise Refusal(404, "NOOR", "No such message was received.")
    return Reply(_described(world, row["serial"], row["status"]))


def give_statement(world: World, incoming: Incoming) -> Reply:
    """The camt.053 of a day. Raises Refusal: 400 for what is no date, 409 before it is ready."""
    day = statements.ready_day(world, incoming)
    return Reply({"document": bank_statement.statement(world, day)})


def write_letter(world: World, row: sqlite3.Row, path: str, spoiled: bool) -> Letter:
    """A status report that nobody asked for."""
    told = json.loads(row["body"])
    body = _report(row["notification_id"], _described(world, told["serial"], told["status"]))
    signature = signing.stamp(world.keys[CODE], "POST", path, body=body, spoiled=spoiled)
    return body, {"Content-Type": XML.media_type, "X-Partner": CODE, "X-Serial": row["notification_id"]} | signature


def is_taken(text: str, status: int) -> bool:
    """Any good answer ends the deliveries."""
    return 200 <= status < 300


def _read(message: str, place: Place, notify_url: str) -> Instruction:
    """The one instruction in a message. Raises Refusal."""
    debits = message == PAIN_008
    kind, ours, theirs = (Kind.COLLECTION, "Cdtr", "Dbtr") if debits else (Kind.PAYOUT, "Dbtr", "Cdtr")
    try:
        head, payment = place.the("GrpHdr"), place.the("PmtInf")
        one = payment.the("DrctDbtTxInf" if debits else "CdtTrfTxInf")
        given = {
            "serial": one.text("PmtId/EndToEndId"),
            "amount": one.yuan("InstdAmt" if debits else "Amt/InstdAmt"),
            "name": one.text(f"{theirs}/Nm"),
            "account": one.text(f"{theirs}Acct/Id/Othr/Id"),
            "bank": one.text(f"{theirs}Agt/FinInstnId/ClrSysMmbId/MmbId"),
            "purpose": one.text("RmtInf/Ustrd"),
        }
        numbers = {head.text("MsgId"), payment.text("PmtInfId"), given["serial"]}
        sums = (head.text("NbOfTxs"), head.text("CtrlSum"), payment.text(f"{ours}Acct/Id/Othr/Id"))
    except ValueError:
        raise checks.invalid("the message", "must hold one instruction") from None
    if len(numbers) != 1 or sums != ("1", given["amount"], ACCOUNT):
        raise checks.invalid("number, sum or account", "must agree")
    return Instruction(
        serial=checks.serial(given),
        kind=kind,
        amount_fen=checks.amount_fen(given, "amount"),
        card_number=f"{checks.text(given, 'account', 34)}@{checks.text(given, 'bank', 14)}",
        party_name=checks.text(given, "name"),
        purpose=checks.text(given, "purpose", 140),
        notify_url=notify_url,
        fee_fen=FEE_FEN[kind],
    )


def _described(world: World, serial: str, status: str) -> dict[str, Any]:
    """An instruction with a status that it has, or had."""
    row = transfers.find(world, serial)
    assert row is not None
    paid = status in ("SUCCESS", "RETURNED")
    return {
        "serial": serial,
        "kind": PAIN_001 if row["kind"] == Kind.PAYOUT else PAIN_008,
        "status": STATUSES[status],
        "reason": REASONS[row["code"]] if STATUSES[status] == "RJCT" else "",
        "fee": yuan(row["fee_fen"]) if paid and row["fee_fen"] else "",
        "channel_serial": row["channel_serial"],
        "amount": yuan(row["amount_fen"]),
        "settled_day": row["settled_day"] if paid else "",
    }


def _written(world: World, body: dict[str, Any]) -> str:
    return body["document"] if "document" in body else _report(world.next_serial("SR"), body)


def _report(number: str, body: dict[str, Any]) -> str:
    """A pain.002 about one instruction; about the message as a whole, where the body tells of no instruction."""
    content: Tree = [
        ("GrpHdr", [("MsgId", number), ("CreDtTm", iso(dt.datetime.now(dt.UTC)))]),
    ]
    about = [("OrgnlMsgId", body.get("serial", "NOTPROVIDED")), ("OrgnlMsgNmId", body.get("kind", PAIN_001))]
    if "serial" in body:
        one = [("OrgnlPmtInfId", body["serial"]), ("TxInfAndSts", _transaction(body))]
        content += [("OrgnlGrpInfAndSts", about), ("OrgnlPmtInfAndSts", one)]
    else:
        content += [("OrgnlGrpInfAndSts", [*about, ("GrpSts", "RJCT"), _why(body["code"])])]
    return document(PAIN_002, ("CstmrPmtStsRpt", content))


def _transaction(body: dict[str, Any]) -> Tree:
    agent = ("Agt", [("FinInstnId", [("ClrSysMmbId", [("MmbId", bank_statement.BANK_NUMBER)])])])
    settled = [("IntrBkSttlmDt", body["settled_day"])] if body["settled_day"] else []
    return [
        ("OrgnlEndToEndId", body["serial"]),
        ("TxSts", body["status"]),
        *([_why(body["reason"])] if body["reason"] else []),
        *([("ChrgsInf", [("Amt", Yuan(body["fee"])), agent])] if body["fee"] else []),
        ("AcctSvcrRef", body["channel_serial"]),
        ("OrgnlTxRef", [("Amt", [("InstdAmt", Yuan(body["amount"]))]), *settled]),
    ]


def _why(code: str) -> tuple[str, Tree]:
    """A reason: one of four letters is of the ISO code set, any other our own word."""
    return "StsRsnInf", [("Rsn", [("Cd" if len(code) == 4 else "Prtry", code)])]


def _parsed(text: str) -> dict[str, Any]:
    message, place = opened(text, ROOTS)
    return {"message": message, "place": place}


XML = Tongue("application/xml", _parsed, _written)
EXCHANGES = [
    Exchange(CODE, "payouts", "POST", "/bank/v1/payments", take_instruction, XML),
    Exchange(CODE, "queries", "GET", "/bank/v1/payments/{serial}", tell_status, XML),
    Exchange(CODE, "statements", "GET", "/bank/v1/statements/{day}", give_statement, XML),
]


def routes(world: World) -> list[Route]:
    """The bank's addresses."""
    return [route(world, each, PLAIN) for each in EXCHANGES]
