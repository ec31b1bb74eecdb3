"""Alipay's bill of a day: a zip of GBK files in which each value ends in a tab, lines that begin with # stand at head
and foot, and the totals are in the foot.
"""

import csv
import re

from payments.channels import archives
from payments.channels.base import Totals, money
from payments.channels.fund_rows import FundRow, business_moment, fees_of, lines_of
from payments.models import StatementLine

COLUMNS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
_TOTAL = re.compile(r"^#(支出|收入)合计：(\d+)笔，共-?([\d.]+)元")
_FEE, _COMES_BACK = ("收费", "服务费"), "退"


def unzipped(content: bytes) -> str:
    """The day's details as text; the summary, which may come first, is passed over. Raises ValueError for what is no
    such zip.
    """
    [details] = [text for text in archives.unzipped(content).values() if COLUMNS in text.splitlines()]
    return details


def parse(content: str) -> tuple[list[StatementLine], Totals]:
    """The movements and the totals as stated. A fee stands in a row of its own and is put on the line of the transfer
    that it was charged for. Raises ValueError for what cannot be read.
    """
    text = content.splitlines()
    if COLUMNS not in text:
        raise ValueError("head")
    head = text.index(COLUMNS)
    foot = next(number for number, line in enumerate([*text, "#"]) if number > head and line.startswith("#"))
    rows = [_row(values) for values in csv.reader(text[head + 1 : foot])]
    return lines_of(rows), _totals(text[foot:], rows)


def _row(values: list[str]) -> FundRow:
    named = dict(zip(COLUMNS.split(","), (value.strip() for value in values), strict=True))
    income, business = money(named["收入金额（+元）"] or "0.00"), named["业务类型"]
    return FundRow(
        channel_trade_no=named["业务流水号"],
        out_trade_no=named["商户订单号"],
        income=income,
        expense=money(named["支出金额（-元）"].removeprefix("-") or "0.00"),
        at=business_moment(named["发生时间"]),
        is_fee=business in _FEE,
        comes_back=income > 0 and _COMES_BACK in business,
    )


def _totals(foot: list[str], rows: list[FundRow]) -> Totals:
    found = {match[1]: match for match in map(_TOTAL.match, foot) if match}
    out, back = found.get("支出"), found.get("收入")
    if out is None or back is None:
        raise ValueError("foot")
    fees, fee_rows = fees_of(rows), sum(row.is_fee for row in rows)
    count = int(out[2]) + int(back[2]) - fee_rows
    return Totals(rows=count, sum_out=money(out[3]) - fees, sum_in=money(back[3]), fees=fees)
