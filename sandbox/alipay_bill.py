"""Alipay's bill of a day: a zip of GBK files, the summary first, each value followed by a tab."""

import csv
import datetime as dt
import io
import sqlite3
import zipfile
from typing import Any

from starlette.responses import Response

from sandbox import tickets
from sandbox.clock import ZONE
from sandbox.exchange import Refusal
from sandbox.ledger import yuan
from sandbox.statements import ready_at
from sandbox.world import World

__all__ = ["day_of", "download", "ready_at"]

COLUMNS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
PAID, CAME_BACK = "转账", "转账退回"


def day_of(body: dict[str, Any]) -> dt.date:
    """The day that is asked for. Raises Refusal."""
    try:
        if body.get("bill_type") != "signcustomer":
            raise ValueError
        return dt.date.fromisoformat(str(body.get("bill_date")))
    except ValueError:
        raise Refusal(400, "isv.invalid-arguments", "bill_type or bill_date") from None


def download(world: World, given: str) -> Response:
    """The zip of the day that a ticket names."""
    day = tickets.day_of(world, "alipay", given)
    if day is None:
        return Response("no such bill", 404)
    return Response(_zip(world, day), media_type="application/zip")


def _zip(world: World, day: dt.date) -> bytes:
    rows = _movements(world, day)
    name = f"2088000000000001_{day:%Y%m%d}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for title, text in (("账务明细(汇总)", _summary(rows)), ("账务明细", _details(day, rows))):
            # A fixed time: the same bill is the same file.
            entry = zipfile.ZipInfo(f"{name}_{title}.csv", date_time=(day.year, day.month, day.day, 0, 0, 0))
            archive.writestr(entry, text.encode("gbk"))
    return out.getvalue()


def _movements(world: World, day: dt.date) -> list[sqlite3.Row]:
    return world.books.rows(
        "SELECT channel_serial, serial, purpose, card_number, amount_fen, settled_at AS at, 0 AS back"
        " FROM transfers WHERE settled_day = ? AND status IN ('SUCCESS', 'RETURNED')"
        " UNION ALL"
        " SELECT channel_serial, serial, purpose, card_number, amount_fen, returned_at, 1"
        " FROM transfers WHERE returned_day = ?"
        " ORDER BY at, channel_serial, back",
        *(day.isoformat(), day.isoformat()),
    )


def _details(day: dt.date, rows: list[sqlite3.Row]) -> str:
    out = io.StringIO()
    head = [
        "#支付宝账务明细查询",
        "#账号：[20880000000000010156]",
        f"#起始日期：[{_spoken(day)} 00:00:00]   终止日期：[{_spoken(day + dt.timedelta(days=1))} 00:00:00]",
        "#" + "账务明细列表".center(60, "-"),
        COLUMNS,
    ]
    out.write("\n".join(head) + "\n")
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(rows, start=1):
        writer.writerow([f"{value}\t" for value in _values(day, number, row)])
    out.write("#" + "账务明细列表结束".center(60, "-") + "\n" + _totals(rows) + "#导出时间：[次日]\n")
    return out.getvalue()


def _spoken(day: dt.date) -> str:
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def _values(day: dt.date, number: int, row: sqlite3.Row) -> list[str]:
    amount = yuan(row["amount_fen"])
    at = dt.datetime.fromisoformat(row["at"]).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    income, expense = (amount, "") if row["back"] else ("", f"-{amount}")
    other = f"{row['card_number'][:3]}***{row['card_number'][-4:]}"
    return [
        *(f"{day:%Y%m%d}{number:08d}", row["channel_serial"], row["serial"], row["purpose"], at, other),
        *(income, expense, "", "支付宝", CAME_BACK if row["back"] else PAID, ""),
    ]


def _totals(rows: list[sqlite3.Row]) -> str:
    out = [row["amount_fen"] for row in rows if not row["back"]]
    back = [row["amount_fen"] for row in rows if row["back"]]
    minus = "-" if out else ""
    return f"#支出合计：{len(out)}笔，共{minus}{yuan(sum(out))}元\n#收入合计：{len(back)}笔，共{yuan(sum(back))}元\n"


def _summary(rows: list[sqlite3.Row]) -> str:
    return f"#支付宝账务汇总\n类型,笔数\n{PAID}\t,{sum(not row['back'] for row in rows)}\t\n" + _totals(rows)
