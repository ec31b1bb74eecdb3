"""UnionPay as its acp 5.1.0 speaks: payouts to cards, and deductions by an agreement that the cardholder signed.

It keeps books of its own. Times on the wire are those of Asia/Shanghai. Transfers are free: it charges by the month.
"""

import json
import re
import sqlite3
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import checks, transfers, unionpay_file, unionpay_wire
from sandbox.exchange import Refusal, Reply, meet_fault
from sandbox.faults import Fault, Misfortune
from sandbox.notifications import Letter
from sandbox.transfers import Instruction, Kind
from sandbox.unionpay_wire import CODE, MERCHANT, Form, wire_time
from sandbox.world import World

__all__ = ["CODE", "is_taken", "routes", "write_letter"]

PAY, COLLECT, SIGN, REVOKE, QUERY, FETCH = (
    ("12", "00"),
    ("11", "00"),
    ("72", "11"),
    ("74", "04"),
    ("00", "00"),
    ("76", "01"),
)
RETURN = ("04", "00")
BUSINESS = {Kind.PAYOUT: "000401", Kind.COLLECTION: "000501"}
ADDRESSES = {
    "/gateway/api/backTransReq.do": (PAY, COLLECT, SIGN, REVOKE),
    "/gateway/api/queryTrans.do": (QUERY,),
    "/file/": (FETCH,),
}
OK, ACCEPTED, BUSY, MALFORMED, BAD_SIGNATURE, DUPLICATE = "00", "05", "06", "10", "11", "12"
NOT_FOUND, NO_AGREEMENT, HOLDER_WRONG, NO_FILE = "34", "40", "66", "98"
MESSAGES = {
    OK: "成功",
    "01": "交易失败",
    ACCEPTED: "交易已受理，请稍后查询",
    BUSY: "系统繁忙",
    MALFORMED: "报文格式错误",
    BAD_SIGNATURE: "验证签名失败",
    DUPLICATE: "重复交易",
    NOT_FOUND: "查无此交易",
    "39": "交易不在受理时间范围内",
    NO_AGREEMENT: "绑定关系检查失败",
    "61": "输入的卡号无效",
    "63": "卡状态不正确",
    "64": "卡上的余额不足",
    HOLDER_WRONG: "持卡人身份信息验证失败",
    NO_FILE: "文件不存在",
}
CODES = {
    "PAYEE_REJECTED": "61",
    "PAYER_REJECTED": "63",
    "PAYER_BALANCE_NOT_ENOUGH": "01",
    "CHANNEL_REFUSED": "39",
    "PAYEE_ACCOUNT_ABNORMAL": "63",
    "CARD_BALANCE_NOT_ENOUGH": "64",
}


def routes(world: World) -> list[Route]:
    """The addresses, each for some kinds of transactions."""
    return [_route(world, path, kinds) for path, kinds in ADDRESSES.items()]


def write_letter(world: World, row: sqlite3.Row, path: str, spoiled: bool) -> Letter:
    """A back notice: how a transfer ended; of one that came back, in a transaction of its own."""
    told = json.loads(row["body"])
    transfer = transfers.find(world, told["serial"])
    assert transfer is not None
    came_back = told["status"] == "RETURNED"
    code = OK if came_back else _code(told["status"], told["code"])
    said = {**_of(transfer), **_about(transfer), **_result(code), **(_return_of(transfer) if came_back else {})}
    return unionpay_wire.form(world, said, spoiled=spoiled), {"Content-Type": "application/x-www-form-urlencoded"}


def is_taken(text: str, status: int) -> bool:
    """Whether an answer says that the merchant has it."""
    return status == 200


def _route(world: World, path: str, kinds: tuple[tuple[str, str], ...]) -> Route:
    async def endpoint(request: Request) -> Response:
        given = unionpay_wire.read((await request.body()).decode(errors="replace"))
        kind = given.get("txnType", ""), given.get("txnSubType", "")
        if not unionpay_wire.is_signed(world, given):
            return unionpay_wire.answer(world, _result(BAD_SIGNATURE))
        if kind not in kinds or (given.get("version"), given.get("encoding")) != ("5.1.0", "UTF-8"):
            return unionpay_wire.answer(world, _result(MALFORMED))
        target, handler = HANDLERS[kind]
        return await meet_fault(
            world,
            target,
            act=lambda misfortune: _handle(world, given, handler, misfortune),
            dress=lambda reply, misfortune: _dress(world, given, reply, misfortune),
        )

    return Route(path, endpoint, methods=["POST"])


def _handle(world: World, given: Form, handler: "Handler", misfortune: Misfortune) -> Reply:
    try:
        with world.books.transaction():
            return Reply(handler(world, given, misfortune.fault is Fault.REFUSE))
    except Refusal as refusal:
        code = refusal.code if refusal.code in MESSAGES else MALFORMED
        return Reply({**_result(code), "respMsg": f"{MESSAGES[code]}[{refusal.message}]"})


def _dress(world: World, given: Form, reply: Reply, misfortune: Misfortune) -> Response:
    """An answer repeats what it was asked."""
    repeated = ("version", "encoding", "bizType", "txnType", "txnSubType", "accessType", "merId", "orderId", "txnTime")
    said = _result(BUSY) if reply.status >= 500 else reply.body
    spoiled = misfortune.fault is Fault.BAD_SIGNATURE
    return unionpay_wire.answer(world, {name: given.get(name, "") for name in repeated} | said, spoiled=spoiled)


def _pay(world: World, given: Form, refused: bool) -> Form:
    name = unionpay_wire.holder(world, given)["customerNm"]
    card = checks.card_number({"card_number": unionpay_wire.decrypted(world, given, "accNo")})
    return _take(world, _instruction(given, Kind.PAYOUT, card, name), refused)


def _collect(world: World, given: Form, refused: bool) -> Form:
    agreement = world.books.row(
        "SELECT * FROM agreements WHERE bind_id = ? AND ended_at IS NULL", given.get("bindId", "")
    )
    if agreement is None:
        # Nothing is kept of it: under another agreement the same number may be sent again.
        raise Refusal(400, NO_AGREEMENT, "bindId")
    return _take(world, _instruction(given, Kind.COLLECTION, agreement["card_number"], agreement["name"]), refused)


def _instruction(given: Form, kind: Kind, card: str, name: str) -> Instruction:
    """Raises Refusal. Orders have no purpose; their txnTime, which a query must give too, is noted in its place."""
    if given.get("bizType") != BUSINESS[kind] or given.get("currencyCode") != "156":
        raise checks.invalid("bizType", "or currencyCode is wrong")
    for field, pattern in (
        ("orderId", r"[0-9A-Za-z]{8,32}"),
        ("txnTime", r"[0-9]{14}"),
        ("txnAmt", r"[1-9][0-9]{0,11}"),
    ):
        if not re.fullmatch(pattern, given.get(field, "")):
            raise checks.invalid(field, "is malformed")
    return Instruction(
        serial=given["orderId"],
        kind=kind,
        amount_fen=int(given["txnAmt"]),
        card_number=card,
        party_name=name,
        purpose=given["txnTime"],
        notify_url=checks.address(dict(given), "backUrl"),
    )


def _take(world: World, instruction: Instruction, refused: bool) -> Form:
    if transfers.find(world, instruction.serial) is not None:
        return _result(DUPLICATE)
    answer = transfers.accept(world, instruction, "CHANNEL_REFUSED" if refused else "")
    code = OK if answer["status"] == "ACCEPTED" else CODES[answer["code"]]
    return {**_result(code), "queryId": answer["channel_serial"], "txnAmt": str(instruction.amount_fen)}


def _query(world: World, given: Form, refused: bool) -> Form:
    row = transfers.find(world, given.get("orderId", ""))
    if row is None or row["purpose"] != given.get("txnTime") or refused:
        return _result(NOT_FOUND)
    code = _code(row["status"], row["code"])
    more = {"origRespCode": code, "origRespMsg": MESSAGES[code]}
    return {**_about(row), **_result(OK), **more, **(_return_of(row) if row["status"] == "RETURNED" else {})}


def _sign(world: World, given: Form, refused: bool) -> Form:
    """An agreement with the holder of a card. One that stands is given again to whoever says the same of the holder."""
    said = unionpay_wire.holder(world, given)
    elements = {
        "card_number": checks.card_number({"card_number": unionpay_wire.decrypted(world, given, "accNo")}),
        "name": said["customerNm"],
        "id_number": checks.id_number({"id_number": said.get("certifId")}),
        "mobile": checks.mobile({"mobile": said.get("phoneNo")}, "mobile"),
    }
    if refused or said.get("certifTp") != "01" or elements["name"].endswith("不符"):
        return _result(HOLDER_WRONG)
    standing = world.books.row(
        "SELECT * FROM agreements WHERE card_number = ? AND ended_at IS NULL", elements["card_number"]
    )
    if standing is None:
        bind_id = world.next_serial("AG")
        world.books.insert("agreements", bind_id=bind_id, signed_at=world.clock.stamp()[0], **elements)
    elif any(standing[name] != value for name, value in elements.items()):
        return _result(HOLDER_WRONG)
    else:
        bind_id = standing["bind_id"]
    return {**_result(OK), "bindId": bind_id}


def _revoke(world: World, given: Form, refused: bool) -> Form:
    if refused:
        return _result("39")
    ended = world.books.change(
        "UPDATE agreements SET ended_at = ? WHERE bind_id = ? AND ended_at IS NULL",
        *(world.clock.stamp()[0], given.get("bindId", "")),
    )
    return _result(OK if ended else NO_AGREEMENT)


def _fetch(world: World, given: Form, refused: bool) -> Form:
    day = unionpay_file.day_of(world, given)
    if refused or world.clock.now() < unionpay_file.ready_at(day):
        return _result(NO_FILE)
    return {**_result(OK), **unionpay_file.packed(world, day)}


def _of(row: sqlite3.Row) -> Form:
    """By what a transfer is known, in a notice."""
    kind = Kind(row["kind"])
    txn_type, sub_type = PAY if kind is Kind.PAYOUT else COLLECT
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "accessType": "0",
        "merId": MERCHANT,
        "currencyCode": "156",
        "txnType": txn_type,
        "txnSubType": sub_type,
        "bizType": BUSINESS[kind],
        "orderId": row["serial"],
        "txnTime": row["purpose"],
    }


def _about(row: sqlite3.Row) -> Form:
    """What is told of a transfer, in a notice and in the answer to a query."""
    fen = str(row["amount_fen"])
    succeeded = row["status"] in ("SUCCESS", "RETURNED")
    return {
        "queryId": row["channel_serial"],
        "txnAmt": fen,
        "currencyCode": "156",
        "traceNo": unionpay_file.trace_no(row),
        "traceTime": wire_time(row["accepted_at"])[4:],
        **({"settleAmt": fen, "settleDate": wire_time(row["settled_at"])[4:8]} if succeeded else {}),
    }


def _return_of(row: sqlite3.Row) -> Form:
    return {"txnType": RETURN[0], "txnSubType": RETURN[1], "origQryId": row["channel_serial"]}


def _code(status: str, code: str) -> str:
    if status == "FAILED":
        return CODES[code]
    return ACCEPTED if status == "PROCESSING" else OK


def _result(code: str) -> Form:
    return {"respCode": code, "respMsg": MESSAGES[code]}


Handler = Callable[[World, Form, bool], Form]
HANDLERS: dict[tuple[str, str], tuple[str, Handler]] = {
    PAY: ("payouts", _pay),
    COLLECT: ("collections", _collect),
    SIGN: ("agreements", _sign),
    REVOKE: ("agreements", _revoke),
    QUERY: ("queries", _query),
    FETCH: ("statements", _fetch),
}
