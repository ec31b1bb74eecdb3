"""A bank, which pays companies and debits those that gave it a standing authority for us. It speaks ISO 20022 over
HTTPS; each message is signed over its bytes, as all messages of the institutions are (core.outbound).
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core.institutions import Institution, institution
from core.outbound import Answer, Envelope, Outcome, SignedClient, open_callback, receive_callback
from payments.channels import bank_statement
from payments.channels.bank_messages import REJECTED, RETURNED, instruction, status_report
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
from payments.models import OrderKind, PayeeKind, PaymentOrder, StatementLine

PAYMENTS, STATEMENTS = "/bank/v1/payments", "/bank/v1/statements"
# Status codes of the ISO external code set. Whatever else a bank may say is to be asked about.
_STATES = {
    **dict.fromkeys(("PDNG", "RCVD", "ACTC", "ACCP", "ACSP"), State.ACCEPTED),
    **dict.fromkeys(("ACSC", "ACCC"), State.SUCCEEDED),
    REJECTED: State.FAILED,
    RETURNED: State.RETURNED,
}
_NEVER_RECEIVED = "NOOR"


class BankClient(SignedClient):
    """Calls to the bank: XML for JSON."""

    content_type = "application/xml"

    def read(self, response: httpx.Response) -> Any:
        """What a status report says; of a statement only that it is there: it is long, and kept elsewhere."""
        text = response.content.decode()
        if f":{bank_statement.CAMT_053}" in text[:500]:
            return {"content": text}
        return status_report(text)


class Bank(Channel):
    """The protocol of the bank."""

    @property
    def _client(self) -> BankClient:
        return BankClient(institution(self.code))

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Send the order. The bank answers with a first status report."""
        recorded = {
            "serial": out_trade_no,
            "amount": str(order.amount),
            "payee_name": order.payee_name,
            "account_number": order.account_number,
            "bank_number": order.bank_number,
            "purpose": order.purpose,
        }
        message = instruction(order, out_trade_no)
        path = f"{PAYMENTS}?{urlencode({'notify_url': f'{settings.PLATFORM_URL}/callbacks/{self.code}/'})}"
        answer = self._client.call("POST", path, message, recorded=recorded, serial=out_trade_no)
        return self._read(answer, source="answer", out_trade_no=out_trade_no)

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask for a status report. Only a signed one that says so means that the message never arrived."""
        answer = self._client.get(f"{PAYMENTS}/{out_trade_no}", serial=out_trade_no)
        if answer.outcome is Outcome.ANSWERED and answer.status == 404 and answer.body.get("code") == _NEVER_RECEIVED:
            return Finding(State.NOT_FOUND, "query", code=_NEVER_RECEIVED)
        return self._read(answer, source="query", out_trade_no=out_trade_no)

    def state_of(self, status: Any) -> State:
        """What a status means."""
        return _STATES.get(str(status), State.UNKNOWN)

    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Take in a status report that nobody asked for."""
        receive_callback(institution(self.code), request, lambda report: take_in(_notice(report)), _open_notice)

    def acknowledgement(self) -> HttpResponse:
        """Any 2xx answer will do."""
        return HttpResponse(status=204)

    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The day's camt.053, in a signed answer."""
        answer = self._client.get(f"{STATEMENTS}/{date.isoformat()}", serial=serial)
        if not answer.ok:
            return None
        content = str(answer.body.get("content"))
        try:
            of = bank_statement.account_and_date(content)
        except ValueError:
            raise statement_broken(_("The statement cannot be read.")) from None
        if of != (settings.BANK_ACCOUNT, date.isoformat()):
            raise statement_broken(_("The statement is for another day."))
        return DayFile(content=content, sha256=hashlib.sha256(content.encode()).hexdigest())

    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """The entries."""
        return bank_statement.parse(content)

    def _read(self, answer: Answer, *, source: str, out_trade_no: str) -> Finding:
        if answer.outcome is Outcome.NEVER_SENT:
            return Finding(State.NEVER_SENT, source)
        if not answer.ok or answer.body.get("serial") != out_trade_no:
            return Finding(State.UNKNOWN, source, code=str(answer.body.get("code") or "")[:60])
        names = {"trade_no": "channel_serial", "amount": "amount", "fee": "fee", "code": "code"}
        return read_finding(answer.body, state=self.state_of(answer.body.get("status")), source=source, **names)


BANK = Bank(
    code="bank",
    takes=frozenset({(OrderKind.PAYOUT, PayeeKind.COMPANY), (OrderKind.COLLECTION, PayeeKind.COMPANY)}),
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
    own_refusals=frozenset({"AM14", "TM01"}),  # above its limit, after its hours
)


def _open_notice(institution: Institution, request: HttpRequest, body: str) -> Envelope:
    return replace(open_callback(institution, request, body), read=lambda: _report(body))


def _report(body: str) -> dict[str, Any]:
    try:
        return status_report(body)
    except ValueError:
        raise notice_unreadable() from None


def _notice(report: dict[str, Any]) -> Notice:
    """Raises Problem when it lacks what every report has. When the payment ended, only the statement says."""
    try:
        return Notice(
            notification_id=required_text(report, "message_id", 64),
            out_trade_no=required_text(report, "serial", 32),
            channel_trade_no=required_text(report, "channel_serial", 64),
            status=required_text(report, "status", 20),
            amount=money(report["amount"]),
            fee=money(report["fee"]),
            code=str(report.get("code") or "")[:60],
            finished_at=None,
        )
    except (KeyError, TypeError, ValueError):
        raise notice_unreadable() from None
