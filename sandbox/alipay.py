"""Alipay as its Open Platform speaks: one gateway, RSA2 over sorted parameters, answers signed as they stand.

It keeps books of its own. Times on the wire are those of Asia/Shanghai.
"""

import datetime as dt
import json
import sqlite3
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import alipay_bill, checks, signing, tickets, transfers
from sandbox.clock import ZONE
from sandbox.exchange import Refusal, Reply, meet_fault
from sandbox.faults import Fault, Misfortune
from sandbox.ledger import yuan
from sandbox.notifications import Letter
from sandbox.transfers import Instruction, Kind
from sandbox.world import World

CODE = "alipay"
APP_ID = "2021000000000001"
GATEWAY = "/gateway.do"
TRANSFER = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
BILL_ADDRESS = "alipay.data.dataservice.bill.downloadurl.query"
CHANGED = "alipay.fund.trans.order.changed"
TARGETS = {TRANSFER: "payouts", QUERY: "queries", BILL_ADDRESS: "statements"}
STATUSES = {"PROCESSING": "DEALING", "SUCCESS": "SUCCESS", "FAILED": "FAIL", "RETURNED": "REFUND"}
PRODUCTS = {
    "BANKCARD_ACCOUNT": "TRANS_BANKCARD_NO_PWD",
    "ALIPAY_USER_ID": "TRANS_ACCOUNT_NO_PWD",
    "ALIPAY_LOGON_ID": "TRANS_ACCOUNT_NO_PWD",
}
REFUSALS = {"PAYEE_REJECTED": "PAYEE_CARD_INFO_ERROR", "CHANNEL_REFUSED": "PAYEE_ACC_OCUPIED"}


def routes(world: World) -> list[Route]:
    """The gateway, and where its bills are downloaded."""

    async def gateway(request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        return await _answer(world, dict(request.query_params) | given)

    async def download(request: Request) -> Response:
        return alipay_bill.download(world, request.path_params["ticket"])

    return [
        Route(GATEWAY, gateway, methods=["GET", "POST"]),
        Route("/alipay/bills/{ticket}", download, methods=["GET"]),
    ]


def write_letter(world: World, row: sqlite3.Row, path: str, spoiled: bool) -> Letter:
    """An order-changed notification as a form, signed over all but `sign` and `sign_type`."""
    told = json.loads(row["body"])
    content = {
        "out_biz_no": told["serial"],
        "order_id": told["channel_serial"],
        "pay_fund_order_id": told["channel_serial"],
        "product_code": "TRANS_BANKCARD_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "trans_amount": told["amount"],
        "status": STATUSES[told["status"]],
        "action_type": "FINISH" if told["status"] != "RETURNED" else "REFUND",
        "pay_date": _wire_time(told["finished_at"]),
        "error_code": told["code"],
    }
    form = {
        "notify_id": told["notification_id"],
        "utc_timestamp": str(int(time.time() * 1000)),
        "msg_method": CHANGED,
        "app_id": APP_ID,
        "version": "1.1",
        "charset": "utf-8",
        "biz_content": json.dumps(content, ensure_ascii=False),
    }
    signed = _text_of(form) + (b" " if spoiled else b"")
    form |= {"sign_type": "RSA2", "sign": signing.sign(world.keys[CODE], signed)}
    return urlencode(form), {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def is_taken(response_text: str, status: int) -> bool:
    """Only the word itself ends the deliveries."""
    return status == 200 and response_text.strip() == "success"


async def _answer(world: World, params: dict[str, str]) -> Response:
    method = params.get("method", "")
    signature = params.get("sign", "")
    without = {name: value for name, value in params.items() if name != "sign" and value}
    if not world.partner.has_signed_bytes(signature, _text_of(without)):
        return _error(world, "40002", "isv.invalid-signature", "验签出错")
    if params.get("app_id") != APP_ID:
        return _error(world, "40002", "isv.invalid-app-id", "无效的AppID参数")
    if method not in TARGETS:
        return _error(world, "40002", "isv.invalid-method", "不存在的方法名")
    return await meet_fault(
        world,
        TARGETS[method],
        act=lambda misfortune: _handle(world, params, misfortune),
        dress=lambda reply, misfortune: _dress(world, method, reply, misfortune),
    )


def _handle(world: World, params: dict[str, str], misfortune: Misfortune) -> Reply:
    handlers = {TRANSFER: _transfer, QUERY: _query, BILL_ADDRESS: _tell_bill_address}
    try:
        with world.books.transaction():
            body = _common(params)
            return handlers[params["method"]](world, params, body, misfortune.fault is Fault.REFUSE)
    except Refusal as refusal:
        return _no(refusal.code, refusal.message)


def _common(params: dict[str, str]) -> dict[str, Any]:
    """The business content of well-formed parameters. Raises Refusal."""
    try:
        dt.datetime.strptime(params["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
        body = json.loads(params["biz_content"])
        if not isinstance(body, dict) or params["sign_type"] != "RSA2" or params["version"] != "1.0":
            raise ValueError
    except (KeyError, ValueError):
        raise Refusal(400, "INVALID_PARAMETER", "参数有误") from None
    return body


def _transfer(world: World, params: dict[str, str], body: dict[str, Any], refused: bool) -> Reply:
    payee = body.get("payee_info") if isinstance(body.get("payee_info"), dict) else {}
    assert payee is not None
    product = PRODUCTS.get(str(payee.get("identity_type")))
    if product is None or body.get("product_code") != product or body.get("biz_scene") != "DIRECT_TRANSFER":
        raise Refusal(400, "INVALID_PARAMETER", "product_code, biz_scene or payee_info.identity_type")
    instruction = Instruction(
        serial=checks.serial({"serial": body.get("out_biz_no")}),
        kind=Kind.PAYOUT,
        amount_fen=checks.amount_fen({"trans_amount": body.get("trans_amount")}, "trans_amount"),
        card_number=checks.text(payee, "identity"),
        party_name=checks.text(payee, "name"),
        purpose=checks.text(body, "order_title"),
        notify_url=params.get("notify_url", ""),
    )
    known = transfers.find(world, instruction.serial)
    if known is not None:
        return _again(known, instruction)
    objection = "CHANNEL_REFUSED" if refused else transfers.find_objection(world, instruction)
    if objection:
        # Nothing is kept of what is refused: topped up or put right, the same number may be sent again.
        return _no(REFUSALS.get(objection, objection), "业务处理失败")
    transfers.accept(world, instruction, "")
    taken = transfers.find(world, instruction.serial)
    assert taken is not None
    return Reply(_order(taken))


def _again(known: sqlite3.Row, instruction: Instruction) -> Reply:
    if any(known[name] != value for name, value in instruction.content().items()):
        return _no("PAYMENT_INFO_INCONSISTENCY", "两次请求商户单号一样，但是参数不一致")
    return Reply(_order(known))


def _query(world: World, params: dict[str, str], body: dict[str, Any], refused: bool) -> Reply:
    row = transfers.find(world, str(body.get("out_biz_no", "")))
    if row is None or refused:
        return _no("ORDER_NOT_EXIST", "转账订单不存在")
    paid = row["status"] in ("SUCCESS", "RETURNED")
    more = {
        "trans_amount": yuan(row["amount_fen"]),
        "order_fee": yuan(row["fee_fen"] if paid else 0),
        "pay_date": _wire_time(row["settled_at"]) if row["settled_at"] else "",
        "error_code": row["code"],
    }
    return Reply(_order(row) | more)


def _tell_bill_address(world: World, params: dict[str, str], body: dict[str, Any], refused: bool) -> Reply:
    day = alipay_bill.day_of(body)
    if refused or world.clock.now() < alipay_bill.ready_at(day):
        return _no("isp.bill_not_exist", "入参账单不存在")
    place = f"http://{world.settings.host}:{world.settings.port}"
    return Reply(_yes({"bill_download_url": f"{place}/alipay/bills/{tickets.ticket(world, CODE, day)}"}))


def _order(row: sqlite3.Row) -> dict[str, str]:
    return _yes(
        {
            "out_biz_no": row["serial"],
            "order_id": row["channel_serial"],
            "pay_fund_order_id": row["channel_serial"],
            "status": STATUSES[row["status"]],
        }
    )


def _yes(body: dict[str, str]) -> dict[str, str]:
    return {"code": "10000", "msg": "Success"} | body


def _no(sub_code: str, sub_msg: str) -> Reply:
    return Reply({"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_msg})


def _dress(world: World, method: str, reply: Reply, misfortune: Misfortune) -> Response:
    body = reply.body
    if reply.status >= 500:
        body = {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "SYSTEM_ERROR"}
    return _signed(world, f"{method.replace('.', '_')}_response", body, misfortune.fault is Fault.BAD_SIGNATURE)


def _error(world: World, code: str, sub_code: str, sub_msg: str) -> Response:
    body = {"code": code, "msg": "Invalid Arguments", "sub_code": sub_code, "sub_msg": sub_msg}
    return _signed(world, "error_response", body, False)


def _signed(world: World, node: str, body: dict[str, Any], spoiled: bool) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    signature = signing.sign(world.keys[CODE], (text + " " if spoiled else text).encode())
    return Response(f'{{"{node}":{text},"sign":"{signature}"}}', media_type="text/html;charset=utf-8")


def _text_of(params: dict[str, str]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in sorted(params.items())).encode()


def _wire_time(iso: str) -> str:
    return dt.datetime.fromisoformat(iso).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
