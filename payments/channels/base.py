"""What every channel is and does, whatever its protocol.

An answer means one of five things: accepted, success, known failure, never sent, unknown. Whatever a protocol does not
list, and what is not signed, late or broken, is UNKNOWN, to be asked about and never taken for a failure.
"""

import datetime as dt
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Self

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from core.problems import Problem
from payments.matching import flow_of
from payments.models import OrderKind, PayeeKind, PaymentOrder, StatementLine


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
ASKED = "query"


@dataclass(frozen=True)
class Finding:
    """What was found out about an order, and from whom (`source`, for the log; ASKED if we asked). Amounts in yuan; no
    amount if none was said.
    """

    state: State
    source: str
    channel_trade_no: str = ""
    amount: Decimal | None = None
    fee: Decimal = ZERO
    code: str = ""


@dataclass(frozen=True)
class Notice:
    """What an institution told us unasked about one order. Yuan; `status` in its own words, for `Channel.state_of`."""

    notification_id: str
    out_trade_no: str
    channel_trade_no: str
    status: str
    amount: Decimal
    fee: Decimal
    code: str
    finished_at: dt.datetime | None


@dataclass(frozen=True)
class DayFile:
    """A day's statement as it came: its text, and the SHA-256 of the text's UTF-8 bytes in hexadecimal digits (as the
    institution says it, where it says one).
    """

    content: str
    sha256: str

    @classmethod
    def of(cls, content: str) -> Self:
        """A statement whose institution says no SHA-256 of it."""
        return cls(content, hashlib.sha256(content.encode()).hexdigest())


@dataclass(frozen=True)
class Totals:
    """What a statement says of itself as a whole: count, and yuan out, in and charged."""

    rows: int
    sum_out: Decimal
    sum_in: Decimal
    fees: Decimal


@dataclass(frozen=True)
class Channel(ABC):
    """One institution: what is particular to it, and how it is spoken with.

    `takes` are the orders that it can carry out, by kind and by the kind of the payee's account.
    The same number with the same content may be sent again up to `most_sends` times: the institution then gives the
    first answer. "Not found" is a failure only when nothing was sent for `not_found_window`, in which a late
    message could still arrive. A day's statement is ready `statement_delay` after the day's end. A refusal with one of
    `own_refusals` is the institution's own: nothing is wrong with the payee, and another may do it.

    Calls are made outside any transaction, and every message is recorded, masked, with its signature's result.
    """

    code: str
    takes: frozenset[tuple[OrderKind, PayeeKind]]
    most_sends: int
    not_found_window: dt.timedelta
    statement_delay: dt.timedelta
    own_refusals: frozenset[str] = frozenset()

    def can_take(self, order: PaymentOrder) -> bool:
        """Whether an order is of a kind that the institution carries out."""
        return (order.kind, order.payee_kind) in self.takes

    @abstractmethod
    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Send the order under `out_trade_no`, the institution's idempotency key, and say what came of it."""

    @abstractmethod
    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask what became of the order sent under `out_trade_no`."""

    def end_agreement(self, number: str) -> Finding:
        """Have an agreement to deduct end, by the institution's number of it; SUCCEEDED also where it had
        ended already. For channels that sign agreements.
        """
        raise NotImplementedError(f"{self.code} signs no agreements")

    @abstractmethod
    def state_of(self, status: Any) -> State:
        """What the institution's own word for an order's status means; UNKNOWN for a word that is not listed."""

    @abstractmethod
    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Verify a notice's size, freshness, signature and novelty, and hand it to `take_in` in the transaction that
        records the message. Raises Problem (400, 401, 409, 413).
        """

    @abstractmethod
    def acknowledgement(self) -> HttpResponse:
        """The answer by which the institution knows that a notice was taken in and need not be repeated."""

    @abstractmethod
    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The statement of `date`, asked for under our `serial`; None while there is none to be had. Raises Problem
        `statement_broken` for what is no statement of that day.
        """

    @abstractmethod
    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """The lines, in our words (see payments.matching) and not yet saved, and the totals as stated. Raises
        ValueError, IndexError or TypeError for what cannot be read.
        """


def add_up(lines: Sequence[StatementLine]) -> Totals:
    """What a statement's lines come to."""
    flows = [flow_of(line.kind, line.status, line.amount) for line in lines]
    return Totals(
        rows=len(lines),
        sum_out=-sum((flow for flow in flows if flow < 0), ZERO),
        sum_in=sum((flow for flow in flows if flow > 0), ZERO),
        fees=sum((line.fee for line in lines), ZERO),
    )


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


def read_finding(
    body: dict[str, Any],
    unit: Callable[[Any], Decimal] = money,
    /,
    *,
    state: State,
    source: str,
    trade_no: str,
    amount: str,
    fee: str,
    code: str,
) -> Finding:
    """What a signed body says of an order, under these names, its amounts read by `unit`; UNKNOWN where one cannot be
    read.
    """
    try:
        return Finding(
            state=state,
            source=source,
            channel_trade_no=str(body.get(trade_no) or "")[:64],
            amount=unit(body[amount]) if amount in body else None,
            fee=unit(body[fee]) if body.get(fee) else ZERO,
            code=str(body.get(code) or "")[:60],
        )
    except ValueError:
        return Finding(State.UNKNOWN, source, code="UNREADABLE")


def statement_broken(message: Any) -> Problem:
    """The refusal of a statement that is not what it should be."""
    return Problem("statement_broken", message)


def notice_unreadable() -> Problem:
    """The refusal of a notice that lacks what every notice must say."""
    return Problem("invalid_notice", _("The message lacks what such a message must say."))


def required_text(content: dict[str, Any], name: str, longest: int) -> str:
    """The text that a notice must have under `name`. Raises KeyError or ValueError."""
    value = content[name]
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError(name)
    return value
