"""WeChat Pay's bill of a day's funds: text in which each value begins with a backtick; the last two lines name and give
the totals.
"""

import datetime as dt

from core.money import ZERO
from payments.channels.base import Totals, money
from payments.channels.fund_rows import FundRow, business_moment, fees_of, lines_of
from payments.models import StatementLine

COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
# Of a day without movements there is no bill.
EMPTY = f"{COLUMNS}\n{TOTALS}\n`0,`0,`0.00,`0,`0.00\n"
_INCOME, _EXPENSE = "收入", "支出"
_FEE, _COMES_BACK = "扣除交易手续费", "退"


def is_of(content: str, date: dt.date) -> bool:
    """Whether all of its movements were on `date`."""
    return all(line.startswith(f"`{date.isoformat()} ") for line in _lines(content)[1:-2])


def parse(content: str) -> tuple[list[StatementLine], Totals]:
    """The movements and the totals as stated. A fee stands in a row of its own and is put on the line of the transfer
    that it was charged for. Raises ValueError for what cannot be read.
    """
    head, *text, foot, totals = _lines(content)
    if (head, foot) != (COLUMNS, TOTALS):
        raise ValueError("head or foot")
    rows = [_row(line) for line in text]
    return lines_of(rows), _totals(totals, rows)


def _lines(content: str) -> list[str]:
    return content.replace("\r\n", "\n").rstrip("\n").split("\n")


def _values(line: str) -> list[str]:
    """A comma may stand inside of a value, but not before a backtick."""
    if not line.startswith("`"):
        raise ValueError(line)
    return line[1:].split(",`")


def _row(line: str) -> FundRow:
    named = dict(zip(COLUMNS.split(","), _values(line), strict=True))
    amount, way, business = money(named["收支金额(元)"]), named["收支类型"], named["业务类型"]
    if way not in (_INCOME, _EXPENSE):
        raise ValueError(way)
    return FundRow(
        channel_trade_no=named["微信支付业务单号"],
        out_trade_no=named["业务凭证号"],
        income=amount if way == _INCOME else ZERO,
        expense=amount if way == _EXPENSE else ZERO,
        at=business_moment(named["记账时间"]),
        is_fee=business == _FEE,
        comes_back=way == _INCOME and _COMES_BACK in business,
    )


def _totals(line: str, rows: list[FundRow]) -> Totals:
    """Counts may be written as 20.0."""
    count, count_in, sum_in, count_out, sum_out = map(money, _values(line))
    if count != count_in + count_out:
        raise ValueError("counts")
    fees, fee_rows = fees_of(rows), sum(row.is_fee for row in rows)
    return Totals(rows=int(count) - fee_rows, sum_out=sum_out - fees, sum_in=sum_in, fees=fees)
