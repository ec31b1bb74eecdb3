"""WeChat Pay's merchant transfer (APIv3), which pays out to the payee's WeChat account, known by an openid. It collects
nothing.

The payee confirms each transfer; one that is not confirmed is closed after about a day and has failed. An answer other
than 200 says nothing of the transfer: only a query that says FAIL or CANCELLED makes it a failure, so that another
number is never tried while the first may still pay.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.institutions import institution
from core.money import ZERO
from core.outbound import Answer, Outcome, receive_callback
from payments.channels import wechat_bill
from payments.channels.base import (
    Channel,
    DayFile,
    Finding,
    Notice,
    State,
    Totals,
    money,
    notice_unreadable,
    read_finding,
    required_text,
    statement_broken,
)
from payments.channels.wechat_wire import WechatClient, open_notice
from payments.models import OrderKind, PayeeKind, PaymentOrder, StatementLine

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
BILL = "/v3/bill/fundflowbill"
FINISHED = "MCHTRANSFER.BILL.FINISHED"
# Below it, in yuan, WeChat Pay takes no name.
LEAST_WITH_NAME = Decimal("0.30")
LONGEST_REMARK = 32

_STATES = {
    "ACCEPTED": State.ACCEPTED,
    "PROCESSING": State.ACCEPTED,
    "WAIT_USER_CONFIRM": State.ACCEPTED,
    "TRANSFERING": State.ACCEPTED,
    "CANCELING": State.ACCEPTED,
    "SUCCESS": State.SUCCEEDED,
    "FAIL": State.FAILED,
    "CANCELLED": State.FAILED,
}


class Wechat(Channel):
    """The protocol of WeChat Pay."""

    @property
    def _client(self) -> WechatClient:
        return WechatClient(institution(self.code))

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Transfer to the payee's WeChat account."""
        report = settings.WECHAT_SCENE_REPORT.items()
        content = {
            "appid": settings.WECHAT_APP_ID,
            "out_bill_no": out_trade_no,
            "transfer_scene_id": settings.WECHAT_SCENE_ID,
            "openid": order.account_number,
            "transfer_amount": int(order.amount * 100),
            "transfer_remark": order.purpose[:LONGEST_REMARK],
            "notify_url": f"{settings.PLATFORM_URL}/callbacks/{self.code}/",
            "transfer_scene_report_infos": [{"info_type": kind, "info_content": said} for kind, said in report],
        }
        name = order.payee_name if order.amount >= LEAST_WITH_NAME else ""
        answer = self._client.send(TRANSFERS, content, name=name, serial=out_trade_no)
        return self._read(answer, source="answer", out_trade_no=out_trade_no)

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask for the transfer. Only a signed NOT_FOUND means that it is not there."""
        answer = self._client.get(f"{TRANSFERS}/out-bill-no/{out_trade_no}", serial=out_trade_no)
        if _error_code(answer) == "NOT_FOUND":
            return Finding(State.NOT_FOUND, "query", code="NOT_FOUND")
        return self._read(answer, source="query", out_trade_no=out_trade_no)

    def state_of(self, status: Any) -> State:
        """What a state means."""
        return _STATES.get(str(status), State.UNKNOWN)

    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Take in the notice that a transfer has come to its end."""
        receive_callback(institution(self.code), request, lambda body: take_in(_notice(body)), open_notice)

    def acknowledgement(self) -> HttpResponse:
        """No content is needed to end the deliveries."""
        return HttpResponse(status=204)

    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The day's bill of the account that transfers are paid from: a signed answer gives its address and its SHA-1,
        or says that nothing was moved.
        """
        answer = self._client.get(f"{BILL}?bill_date={date.isoformat()}&account_type=OPERATION", serial=serial)
        if _error_code(answer) == "NO_STATEMENT_EXIST":
            return DayFile.of(wechat_bill.EMPTY)
        url, sha1 = answer.body.get("download_url"), answer.body.get("hash_value")
        if not answer.ok or not isinstance(url, str):
            return None
        content = self._client.fetch_file(url, serial=serial)
        if content is None:
            return None
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != sha1:
            raise statement_broken(_("The statement does not match its hash."))
        return _day_file(content, date)

    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """The movements of the bill."""
        return wechat_bill.parse(content)

    def _read(self, answer: Answer, *, source: str, out_trade_no: str) -> Finding:
        if answer.outcome is Outcome.NEVER_SENT:
            return Finding(State.NEVER_SENT, source)
        body = answer.body
        if answer.status != 200 or body.get("out_bill_no") != out_trade_no:
            return Finding(State.UNKNOWN, source, code=_error_code(answer))
        names = {"trade_no": "transfer_bill_no", "amount": "transfer_amount", "fee": "", "code": "fail_reason"}
        return read_finding(body, yuan, state=self.state_of(body.get("state")), source=source, **names)


WECHAT = Wechat(
    code="wechat",
    takes=frozenset({(OrderKind.PAYOUT, PayeeKind.WECHAT)}),
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
    own_refusals=frozenset({"PAYER_ACCOUNT_ABNORMAL", "PRODUCT_AUTH_CHECK_FAIL"}),
)


def yuan(fen: Any) -> Decimal:
    """An amount of the wire, whole fen, in yuan. Raises ValueError for anything else."""
    if type(fen) is not int:
        raise ValueError(f"{fen!r} is no number of fen")
    return money(Decimal(fen) / 100)


def _error_code(answer: Answer) -> str:
    """The code with which WeChat Pay declined, if it signed that it did."""
    return str(answer.body.get("code") or "")[:60] if not answer.ok else ""


def _day_file(content: bytes, date: dt.date) -> DayFile:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise statement_broken(_("The statement cannot be read.")) from None
    if not wechat_bill.is_of(text, date):
        raise statement_broken(_("The statement is for another day."))
    return DayFile.of(text)


def _notice(body: dict[str, Any]) -> Notice:
    """Raises Problem when it lacks what every such notice has."""
    try:
        told = body["resource"]
        if body["event_type"] != FINISHED:
            raise ValueError("another event")
        return Notice(
            notification_id=required_text(body, "id", 64),
            out_trade_no=required_text(told, "out_bill_no", 32),
            channel_trade_no=required_text(told, "transfer_bill_no", 64),
            status=required_text(told, "state", 20),
            amount=yuan(told["transfer_amount"]),
            fee=ZERO,
            code=str(told.get("fail_reason") or "")[:60],
            finished_at=parse_datetime(told["update_time"]) if told.get("update_time") else None,
        )
    except (KeyError, TypeError, ValueError):
        raise notice_unreadable() from None
