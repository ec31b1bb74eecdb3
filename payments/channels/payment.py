"""The payment institution of the sandbox, which pays out and collects: JSON messages signed as core.outbound signs
them, and a CSV for a statement. docs/sandbox.md describes its addresses.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.institutions import institution
from core.outbound import Answer, Outcome, SignedClient, receive_callback
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
from payments.models import OrderKind, PayeeKind, PaymentOrder, StatementLine

COLUMNS = ["channel_serial", "serial", "kind", "amount", "fee", "status", "finished_at"]
TOTAL = "#total"

_STATES = {
    "ACCEPTED": State.ACCEPTED,
    "PROCESSING": State.ACCEPTED,
    "SUCCESS": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "RETURNED": State.RETURNED,
}
_PLACES = {OrderKind.PAYOUT.value: "payouts", OrderKind.COLLECTION.value: "collections"}
_PARTY = {OrderKind.PAYOUT.value: "payee_name", OrderKind.COLLECTION.value: "payer_name"}


class PaymentInstitution(Channel):
    """The protocol of the payment institution."""

    @property
    def _client(self) -> SignedClient:
        return SignedClient(institution(self.code))

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Send the order. A refusal is signed like any other answer."""
        payload = {
            "serial": out_trade_no,
            "amount": str(order.amount),
            "card_number": order.account_number,
            _PARTY[order.kind]: order.payee_name,
            "purpose": order.purpose,
            "notify_url": f"{settings.PLATFORM_URL}/callbacks/{self.code}/",
        }
        answer = self._client.post(f"/payment/v1/{_PLACES[order.kind]}", payload, serial=out_trade_no)
        return self._read(answer, source="answer", out_trade_no=out_trade_no)

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask for the order. Only a signed NOT_FOUND means that it is not there."""
        answer = self._client.get(f"/payment/v1/{_PLACES[order.kind]}/{out_trade_no}", serial=out_trade_no)
        if answer.outcome is Outcome.ANSWERED and answer.status == 404 and answer.body.get("code") == "NOT_FOUND":
            return Finding(State.NOT_FOUND, ASKED, code="NOT_FOUND")
        return self._read(answer, source=ASKED, out_trade_no=out_trade_no)

    def state_of(self, status: Any) -> State:
        """What a status means."""
        return _STATES.get(str(status), State.UNKNOWN)

    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Take in a callback, signed as all messages of the institutions are."""
        receive_callback(institution(self.code), request, lambda payload: take_in(_notice(payload)))

    def acknowledgement(self) -> HttpResponse:
        """Any 2xx answer will do."""
        return JsonResponse({"code": "OK"})

    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The day's CSV, in a signed answer with the day and the hash."""
        answer = self._client.get(f"/payment/v1/statements/{date.isoformat()}", serial=serial)
        if not answer.ok:
            return None
        if answer.body.get("date") != date.isoformat():
            raise statement_broken(_("The statement is for another day."))
        return DayFile(content=str(answer.body.get("content")), sha256=str(answer.body.get("sha256")))

    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """One movement a line, between the names of the columns and the totals."""
        rows = list(csv.reader(io.StringIO(content)))
        if rows[0] != COLUMNS or rows[-1][0] != TOTAL:
            raise ValueError("head or foot")
        lines = [_line(number, row) for number, row in enumerate(rows[1:-1], start=1)]
        return lines, Totals(int(rows[-1][1]), *map(money, rows[-1][2:5]))

    def finding_of(self, body: dict[str, Any], *, source: str) -> Finding:
        """What the institution's signed words about an order mean."""
        names = {"trade_no": "channel_serial", "amount": "amount", "fee": "fee", "code": "code"}
        return read_finding(body, state=self.state_of(body.get("status")), source=source, **names)

    def _read(self, answer: Answer, *, source: str, out_trade_no: str) -> Finding:
        if answer.outcome is Outcome.NEVER_SENT:
            return Finding(State.NEVER_SENT, source)
        if not answer.ok or answer.body.get("serial") != out_trade_no:
            return Finding(State.UNKNOWN, source, code=str(answer.body.get("code") or "")[:60])
        return self.finding_of(answer.body, source=source)


PAYMENT = PaymentInstitution(
    code="payment",
    takes=frozenset({(OrderKind.PAYOUT, PayeeKind.CARD), (OrderKind.COLLECTION, PayeeKind.CARD)}),
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
    own_refusals=frozenset({"CHANNEL_REFUSED"}),
)


def _notice(payload: dict[str, Any]) -> Notice:
    """Raises Problem when it lacks what every notice has."""
    try:
        return Notice(
            notification_id=required_text(payload, "notification_id", 64),
            out_trade_no=required_text(payload, "serial", 32),
            channel_trade_no=required_text(payload, "channel_serial", 64),
            status=required_text(payload, "status", 20),
            amount=money(payload["amount"]),
            fee=money(payload["fee"]),
            code=str(payload.get("code") or "")[:60],
            finished_at=parse_datetime(payload["finished_at"]) if payload.get("finished_at") else None,
        )
    except (KeyError, TypeError, ValueError):
        raise notice_unreadable() from None


def _line(number: int, row: list[str]) -> StatementLine:
    channel_trade_no, out_trade_no, kind, amount, fee, status, finished_at = row
    moment = parse_datetime(finished_at)
    if moment is None:
        raise ValueError(finished_at)
    return StatementLine(
        no=number,
        channel_trade_no=channel_trade_no,
        out_trade_no=out_trade_no,
        kind=kind,
        amount=money(amount),
        fee=money(fee),
        status=status,
        finished_at=moment,
    )
