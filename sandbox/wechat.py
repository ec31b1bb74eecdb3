"""WeChat Pay's merchant transfer (APIv3): a transfer waits until its payee confirms it, or is closed.

It keeps books of its own. Besides the endings of all transfers: .97 is never confirmed and closed as overdue, .98 is
never confirmed and withdrawn by the merchant; nothing comes back.
"""

import datetime as dt
import hashlib
import json
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import checks, exchange, tickets, transfers, wechat_bill, wechat_wire
from sandbox.clock import ZONE
from sandbox.exchange import Exchange, Incoming, Refusal, Reply
from sandbox.notifications import Letter
from sandbox.statements import ready_at
from sandbox.transfers import Instruction, Kind
from sandbox.wechat_wire import CODE, MERCHANT
from sandbox.world import World

APP_ID = "wx0000000000000001"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
DOWNLOAD = "/v3/billdownload/file"
UNCONFIRMED = {97: "OVERDUE_CLOSE", 98: "MCH_CANCEL"}
STATES = {"PROCESSING": "WAIT_USER_CONFIRM", "SUCCESS": "SUCCESS", "FAILED": "FAIL"}
REASONS = {"PAYEE_REJECTED": "NAME_NOT_CORRECT", "CHANNEL_REFUSED": "PRODUCT_AUTH_CHECK_FAIL"}
# From so many fen on the payee's name must be given.
NAMED_FROM = 200_000


def routes(world: World) -> list[Route]:
    """The addresses of transfers and bills, and where bills are downloaded."""

    async def download(request: Request) -> Response:
        day = tickets.day_of(world, CODE, request.query_params.get("token", ""))
        if not wechat_wire.nonce(world, request, "") or day is None:
            return Response("no such bill", 404)
        tar_type = request.query_params.get("tartype", "")
        return Response(wechat_bill.packed(wechat_bill.bill(world, day), tar_type), media_type="text/plain")

    signed = [exchange.route(world, one, wechat_wire.MANNER) for one in EXCHANGES]
    return [*signed, Route(DOWNLOAD, download, methods=["GET"])]


def write_letter(world: World, row: sqlite3.Row, path: str, spoiled: bool) -> Letter:
    """The notice that a transfer has come to its end."""
    ended = transfers.find(world, row["serial"])
    assert ended is not None
    notice = {
        "id": row["notification_id"],
        "create_time": _wire_time(ended["settled_at"]),
        "resource_type": "encrypt-resource",
        "event_type": "MCHTRANSFER.BILL.FINISHED",
        "summary": "商家转账单据终态通知",
        "resource": wechat_wire.encrypted(world, json.dumps(_told(ended), ensure_ascii=False)),
    }
    body = json.dumps(notice, ensure_ascii=False)
    return body, {"Content-Type": "application/json", **wechat_wire.stamp(world, body, spoiled=spoiled)}


def is_taken(text: str, status: int) -> bool:
    """No content is needed."""
    return status in (200, 204)


def _transfer(world: World, incoming: Incoming) -> Reply:
    instruction = _instruction(world, incoming.body)
    known = transfers.find(world, instruction.serial)
    if known is not None and any(known[name] != value for name, value in instruction.content().items()):
        raise Refusal(400, "INVALID_REQUEST", "商户单号已存在，请求参数不一致")
    if known is None:
        objection = "CHANNEL_REFUSED" if incoming.refused else transfers.find_objection(world, instruction)
        if objection == "PAYER_BALANCE_NOT_ENOUGH":
            # Nothing is kept of it: topped up, the same number may be sent again.
            raise Refusal(403, "NOT_ENOUGH", "资金不足")
        transfers.accept(world, instruction, objection)
    taken = transfers.find(world, instruction.serial)
    assert taken is not None
    waits = {"package_info": f"package-{taken['channel_serial']}"} if taken["status"] == "PROCESSING" else {}
    return Reply({**_bill(taken), "create_time": _wire_time(taken["accepted_at"]), **waits})


def _instruction(world: World, body: dict[str, Any]) -> Instruction:
    """Raises Refusal."""
    if body.get("appid") != APP_ID:
        raise Refusal(400, "INVALID_REQUEST", "APPID不存在")
    _check_report(body)
    fen = checks.whole_number(body, "transfer_amount")
    named = "user_name" in body or fen >= NAMED_FROM
    return Instruction(
        serial=checks.serial({"serial": body.get("out_bill_no")}),
        kind=Kind.PAYOUT,
        amount_fen=fen,
        card_number=checks.text(body, "openid", 64),
        party_name=wechat_wire.decrypted(world, checks.text(body, "user_name", 1024)) if named else "",
        purpose=checks.text(body, "transfer_remark", 32),
        notify_url=checks.address(body, "notify_url") if "notify_url" in body else "",
    )


def _check_report(body: dict[str, Any]) -> None:
    checks.text(body, "transfer_scene_id", 36)
    report = body.get("transfer_scene_report_infos")
    if not isinstance(report, list) or not report:
        raise checks.invalid("transfer_scene_report_infos", "must say what the scene wants reported")
    for info in report:
        for name in ("info_type", "info_content"):
            checks.text(info if isinstance(info, dict) else {}, name)


def _query(world: World, incoming: Incoming) -> Reply:
    row = transfers.find(world, incoming.path["out_bill_no"])
    if row is None or incoming.refused:
        raise Refusal(404, "NOT_FOUND", "记录不存在")
    return Reply({**_told(row), "appid": APP_ID, "transfer_remark": row["purpose"]})


def _tell_bill(world: World, incoming: Incoming) -> Reply:
    try:
        day = dt.date.fromisoformat(incoming.path["bill_date"])
        opens = ready_at(day)
    except (KeyError, ValueError, OverflowError):
        raise checks.invalid("bill_date", "must be YYYY-MM-DD") from None
    if incoming.refused or world.clock.now() < opens:
        raise Refusal(400, "STATEMENT_CREATING", "账单生成中")
    if incoming.path.get("account_type") != "OPERATION" or not wechat_bill.movements(world, day):
        raise Refusal(400, "NO_STATEMENT_EXIST", "请求的账单文件不存在")
    place = f"http://{world.settings.host}:{world.settings.port}{DOWNLOAD}"
    tar_type = f"&tartype={incoming.path['tar_type']}" if incoming.path.get("tar_type") else ""
    return Reply(
        {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(wechat_bill.bill(world, day), usedforsecurity=False).hexdigest(),
            "download_url": f"{place}?token={tickets.ticket(world, CODE, day)}{tar_type}",
        }
    )


def _bill(row: sqlite3.Row) -> dict[str, Any]:
    code = REASONS.get(row["code"], row["code"])
    return {
        "out_bill_no": row["serial"],
        "transfer_bill_no": row["channel_serial"],
        "state": "CANCELLED" if code == "MCH_CANCEL" else STATES[row["status"]],
        **({"fail_reason": code} if code else {}),
    }


def _told(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "mch_id": MERCHANT,
        **_bill(row),
        "transfer_amount": row["amount_fen"],
        "openid": row["card_number"],
        "create_time": _wire_time(row["accepted_at"]),
        "update_time": _wire_time(row["settled_at"] or row["accepted_at"]),
    }


def _wire_time(iso: str) -> str:
    return dt.datetime.fromisoformat(iso).astimezone(ZONE).isoformat(timespec="seconds")


EXCHANGES = [
    Exchange(CODE, "payouts", "POST", TRANSFERS, _transfer),
    Exchange(CODE, "queries", "GET", f"{TRANSFERS}/out-bill-no/{{out_bill_no}}", _query),
    Exchange(CODE, "statements", "GET", "/v3/bill/fundflowbill", _tell_bill),
]
