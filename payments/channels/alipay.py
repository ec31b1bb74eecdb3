"""Alipay's Open Platform, which pays out to bank cards by fund transfer. It collects nothing.

alipay.fund.trans.uni.transfer instructs, alipay.fund.trans.common.query asks, alipay.fund.trans.order.changed tells,
alipay.data.dataservice.bill.downloadurl.query gives a day's bill.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core.institutions import institution
from core.money import ZERO
from core.outbound import Answer, Outcome, receive_callback
from payments.channels import alipay_bill
from payments.channels.alipay_wire import AlipayClient, open_notice
from payments.channels.base import (
    ASKED,
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
from payments.channels.fund_rows import business_moment
from payments.models import OrderKind, PayeeKind, PaymentOrder, StatementLine

TRANSFER = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
BILL_ADDRESS = "alipay.data.dataservice.bill.downloadurl.query"
CHANGED = "alipay.fund.trans.order.changed"
PRODUCT = {"product_code": "TRANS_BANKCARD_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}

_STATES = {
    "DEALING": State.ACCEPTED,
    "SUCCESS": State.SUCCEEDED,
    "FAIL": State.FAILED,
    "REFUND": State.RETURNED,
}
_BUSINESS_FAILED = "40004"
# Said of an instruction that was not taken on and never will be as it is. Any other code is to be asked about: after
# PAYER_BALANCE_NOT_ENOUGH and SYSTEM_ERROR the same number may be sent again.
_REFUSALS = {
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYEE_CARD_INFO_ERROR",
    "PAYEE_ACCOUNT_STATUS_ERROR",
    "PAYEE_ACC_OCUPIED",
    "CARD_BIN_ERROR",
    "PERMIT_NON_BANK_LIMIT_PAYEE",
    "BLOCK_USER_FORBBIDEN_RECIEVE",
    "EXCEED_LIMIT_SM_AMOUNT",
    "EXCEED_LIMIT_SM_MIN_AMOUNT",
}


class Alipay(Channel):
    """The protocol of Alipay."""

    @property
    def _client(self) -> AlipayClient:
        return AlipayClient(institution(self.code))

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Transfer to the payee's bank card."""
        content = {
            "out_biz_no": out_trade_no,
            "trans_amount": str(order.amount),
            **PRODUCT,
            "order_title": order.purpose,
            "payee_info": {
                "identity": order.account_number,
                "identity_type": "BANKCARD_ACCOUNT",
                "name": order.payee_name,
                "bankcard_ext_info": {"account_type": "2"},
            },
        }
        notify_url = f"{settings.PLATFORM_URL}/callbacks/{self.code}/"
        answer = self._client.ask(TRANSFER, content, serial=out_trade_no, notify_url=notify_url)
        if _business_code(answer) in _REFUSALS:
            return Finding(State.FAILED, "answer", code=_business_code(answer))
        return self._read(answer, source="answer", out_trade_no=out_trade_no)

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask for the transfer. Only a signed ORDER_NOT_EXIST means that it is not there."""
        content = {"out_biz_no": out_trade_no, **PRODUCT}
        answer = self._client.ask(QUERY, content, serial=out_trade_no)
        if _business_code(answer) == "ORDER_NOT_EXIST":
            return Finding(State.NOT_FOUND, ASKED, code="ORDER_NOT_EXIST")
        return self._read(answer, source=ASKED, out_trade_no=out_trade_no)

    def state_of(self, status: Any) -> State:
        """What a status means."""
        return _STATES.get(str(status), State.UNKNOWN)

    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Take in an order-changed notice."""
        receive_callback(institution(self.code), request, lambda form: take_in(_notice(form)), open_notice)

    def acknowledgement(self) -> HttpResponse:
        """The word that ends the deliveries."""
        return HttpResponse("success", content_type="text/plain")

    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The day's bill, from an address that a signed answer gives. The file itself bears no signature."""
        content = {"bill_type": "signcustomer", "bill_date": date.isoformat()}
        answer = self._client.ask(BILL_ADDRESS, content, serial=serial)
        url = answer.body.get("bill_download_url")
        if not answer.ok or not isinstance(url, str):
            return None
        zipped = self._client.fetch_file(url, serial=serial)
        if zipped is None:
            return None
        try:
            text = alipay_bill.unzipped(zipped)
        except ValueError:
            raise statement_broken(_("The statement cannot be read.")) from None
        if f"[{date.year}年{date.month:02}月{date.day:02}日 " not in text:
            raise statement_broken(_("The statement is for another day."))
        return DayFile.of(text)

    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """The movements of the bill."""
        return alipay_bill.parse(content)

    def _read(self, answer: Answer, *, source: str, out_trade_no: str) -> Finding:
        if answer.outcome is Outcome.NEVER_SENT:
            return Finding(State.NEVER_SENT, source)
        body = answer.body
        if not answer.ok or body.get("code") != "10000" or body.get("out_biz_no") != out_trade_no:
            return Finding(State.UNKNOWN, source, code=str(body.get("sub_code") or body.get("code") or "")[:60])
        names = {"trade_no": "order_id", "amount": "trans_amount", "fee": "order_fee", "code": "error_code"}
        return read_finding(body, state=self.state_of(body.get("status")), source=source, **names)


ALIPAY = Alipay(
    code="alipay",
    takes=frozenset({(OrderKind.PAYOUT, PayeeKind.CARD)}),
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
    own_refusals=frozenset({"EXCEED_LIMIT_SM_AMOUNT", "EXCEED_LIMIT_SM_MIN_AMOUNT"}),
)


def _business_code(answer: Answer) -> str:
    """The code with which Alipay declined, if it did so as a business decision."""
    declined = answer.ok and answer.body.get("code") == _BUSINESS_FAILED
    return str(answer.body.get("sub_code") or "")[:60] if declined else ""


def _notice(form: dict[str, Any]) -> Notice:
    """Raises Problem when it lacks what every such notice has. It tells no fee: of what it charges, only a query and
    the bill speak.
    """
    try:
        content = form["biz_content"]
        if form["msg_method"] != CHANGED:
            raise ValueError("another message")
        return Notice(
            notification_id=required_text(form, "notify_id", 64),
            out_trade_no=required_text(content, "out_biz_no", 32),
            channel_trade_no=required_text(content, "order_id", 64),
            status=required_text(content, "status", 20),
            amount=money(content["trans_amount"]),
            fee=ZERO,
            code=str(content.get("error_code") or "")[:60],
            finished_at=_moment(content.get("pay_date")),
        )
    except (KeyError, TypeError, ValueError):
        raise notice_unreadable() from None


def _moment(text: Any) -> dt.datetime | None:
    return business_moment(text) if text else None
