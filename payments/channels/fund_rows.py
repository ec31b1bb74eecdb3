"""The rows of a wallet's bill: money that came in or went out, for what, and when. Fees stand in rows of their own."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core import clock
from core.money import ZERO
from payments.matching import RETURNED, SUCCESS
from payments.models import OrderKind, StatementLine


@dataclass(frozen=True)
class FundRow:
    """One row; yuan. `comes_back` says that income is the return of a payout, or an expense that of a collection."""

    channel_trade_no: str
    out_trade_no: str
    income: Decimal
    expense: Decimal
    at: dt.datetime
    is_fee: bool = False
    comes_back: bool = False

    def __post_init__(self) -> None:
        if (self.income > 0) == (self.expense > 0):
            raise ValueError("a row either brings or takes money")

    def line(self, no: int) -> StatementLine:
        """Income that is no return of a payout is none that we asked for: it stands as a collection, for a person."""
        kind = OrderKind.COLLECTION if (self.income > 0) != self.comes_back else OrderKind.PAYOUT
        return StatementLine(
            no=no,
            channel_trade_no=self.channel_trade_no,
            out_trade_no=self.out_trade_no,
            kind=kind.value,
            status=RETURNED if self.comes_back else SUCCESS,
            amount=self.income or self.expense,
            fee=ZERO,
            finished_at=self.at,
        )


def lines_of(rows: Sequence[FundRow]) -> list[StatementLine]:
    """A line for each row that is no fee, each fee on the line of the transfer that it was charged for. Raises
    ValueError for a fee whose transfer is not among the rows.
    """
    lines = [row.line(no) for no, row in enumerate([row for row in rows if not row.is_fee], start=1)]
    for fee in rows:
        if fee.is_fee:
            _charge(lines, fee)
    return lines


def fees_of(rows: Sequence[FundRow]) -> Decimal:
    """What the fees among the rows come to, yuan."""
    return sum((row.expense for row in rows if row.is_fee), ZERO)


def business_moment(text: str) -> dt.datetime:
    """A moment as the wallets write it, `2026-11-30 09:00:00` in Asia/Shanghai. Raises ValueError."""
    moment = dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - its zone follows
    return moment.replace(tzinfo=clock.BUSINESS_ZONE)


def _charge(lines: list[StatementLine], fee: FundRow) -> None:
    for line in lines:
        if (line.channel_trade_no, line.status) == (fee.channel_trade_no, SUCCESS):
            line.fee += fee.expense
            return
    raise ValueError("a fee for what is not in this bill")
