"""The payment institution as we speak with it: how an order is put, what its answers mean, and its own windows.

An answer means one of five things: accepted, success, known failure, never sent, unknown. Whatever is not listed
here, not signed, late or broken is UNKNOWN, to be asked about and never taken for a failure.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.conf import settings

from core.institutions import institution
from core.money import ZERO
from core.outbound import Answer, Outcome, SignedClient
from payments.models import OrderKind, PaymentOrder


@dataclass(frozen=True)
class Channel:
    """What is particular to one institution.

    The same number with the same content may be sent again up to `most_sends` times: the institution then gives the
    first answer. "Not found" is a failure only when nothing was sent for `not_found_window`, in which a late
    message could still arrive. A day's statement is ready `statement_delay` after the day's end.
    """

    code: str
    most_sends: int
    not_found_window: dt.timedelta
    statement_delay: dt.timedelta

    @property
    def client(self) -> SignedClient:
        """The signed line to it."""
        return SignedClient(institution(self.code))


PAYMENT = Channel(
    code="payment",
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
)
CHANNELS = {PAYMENT.code: PAYMENT}


class State(StrEnum):
    """What an institution is known to say about an order."""

    ACCEPTED = "accepted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"
    NOT_FOUND = "not found"
    NEVER_SENT = "never sent"
    UNKNOWN = "unknown"


ENDS = (State.SUCCEEDED, State.FAILED, State.RETURNED)


@dataclass(frozen=True)
class Finding:
    """What was found out about an order, and from whom (`source`, for the log). Amounts in yuan; no amount if none
    was said.
    """

    state: State
    source: str
    channel_trade_no: str = ""
    amount: Decimal | None = None
    fee: Decimal = ZERO
    code: str = ""


_STATES = {
    "ACCEPTED": State.ACCEPTED,
    "PROCESSING": State.ACCEPTED,
    "SUCCESS": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "RETURNED": State.RETURNED,
}
_PLACES = {OrderKind.PAYOUT.value: "payouts", OrderKind.COLLECTION.value: "collections"}
_PARTY = {OrderKind.PAYOUT.value: "payee_name", OrderKind.COLLECTION.value: "payer_name"}


def instruct(order: PaymentOrder, out_trade_no: str) -> Finding:
    """Send the order under `out_trade_no` and say what came of it. To be called outside any transaction."""
    payload = {
        "serial": out_trade_no,
        "amount": str(order.amount),
        "card_number": order.card_number,
        _PARTY[order.kind]: order.payee_name,
        "purpose": order.purpose,
        "notify_url": f"{settings.PLATFORM_URL}/callbacks/{order.channel}/",
    }
    channel = CHANNELS[order.channel]
    answer = channel.client.post(f"/payment/v1/{_PLACES[order.kind]}", payload, serial=out_trade_no)
    return _read(answer, source="answer", out_trade_no=out_trade_no)


def ask(order: PaymentOrder, out_trade_no: str) -> Finding:
    """Ask what became of the order sent under `out_trade_no`. To be called outside any transaction."""
    channel = CHANNELS[order.channel]
    answer = channel.client.get(f"/payment/v1/{_PLACES[order.kind]}/{out_trade_no}", serial=out_trade_no)
    if answer.outcome is Outcome.ANSWERED and answer.status == 404 and answer.body.get("code") == "NOT_FOUND":
        return Finding(State.NOT_FOUND, "query", code="NOT_FOUND")
    return _read(answer, source="query", out_trade_no=out_trade_no)


def _read(answer: Answer, *, source: str, out_trade_no: str) -> Finding:
    if answer.outcome is Outcome.NEVER_SENT:
        return Finding(State.NEVER_SENT, source)
    if not answer.ok or answer.body.get("serial") != out_trade_no:
        return Finding(State.UNKNOWN, source, code=str(answer.body.get("code") or "")[:60])
    return finding_of(answer.body, source=source)


def finding_of(body: dict[str, Any], *, source: str) -> Finding:
    """What the institution's signed words about an order mean."""
    try:
        return Finding(
            state=_STATES.get(str(body.get("status")), State.UNKNOWN),
            source=source,
            channel_trade_no=str(body.get("channel_serial") or "")[:64],
            amount=money(body["amount"]) if "amount" in body else None,
            fee=money(body.get("fee") or "0.00"),
            code=str(body.get("code") or "")[:60],
        )
    except ValueError:
        return Finding(State.UNKNOWN, source, code="UNREADABLE")


def money(text: Any) -> Decimal:
    """An amount of the wire in yuan. Raises ValueError for what is no whole number of fen, or is negative."""
    try:
        amount = Decimal(str(text))
        whole = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not amount.is_finite() or whole != amount or amount < 0:
        raise ValueError(f"{text!r} is no amount")
    return whole
