"""WeChat Pay's bill of the funds of a day: each value after a backtick, two lines of totals at the end."""

import datetime as dt
import gzip
import sqlite3

from sandbox.clock import ZONE
from sandbox.ledger import yuan
from sandbox.world import World

COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def movements(world: World, day: dt.date) -> list[sqlite3.Row]:
    """What was paid on `day`."""
    return world.books.rows(
        "SELECT channel_serial, serial, purpose, amount_fen, settled_at FROM transfers"
        " WHERE settled_day = ? AND status = 'SUCCESS' ORDER BY settled_at, channel_serial",
        day.isoformat(),
    )


def bill(world: World, day: dt.date) -> bytes:
    """The bill as a file, with the mark that spreadsheets know UTF-8 by."""
    rows = movements(world, day)
    lines = [_line(_values(day, number, row)) for number, row in enumerate(rows, start=1)]
    total = _line([f"{len(rows)}.0", "0.0", "0.00", f"{len(rows)}.0", yuan(sum(row["amount_fen"] for row in rows))])
    return "\r\n".join([COLUMNS, *lines, TOTALS, total, ""]).encode("utf-8-sig")


def packed(content: bytes, tar_type: str) -> bytes:
    """The file as it was asked for: as it is, or as GZIP."""
    return gzip.compress(content, mtime=0) if tar_type == "GZIP" else content


def _line(values: list[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _values(day: dt.date, number: int, row: sqlite3.Row) -> list[str]:
    at = dt.datetime.fromisoformat(row["settled_at"]).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return [
        *(at, row["channel_serial"], f"{day:%Y%m%d}{number:08d}", "商家转账", "商家转账", "支出"),
        *(yuan(row["amount_fen"]), "", "1900000001API", row["purpose"], row["serial"]),
    ]
