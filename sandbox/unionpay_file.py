"""UnionPay's file of a settlement day: the merchant's transactions (ZM) in columns of fixed width, in GBK; zipped,
deflated and written in base64.
"""

import base64
import datetime as dt
import io
import sqlite3
import zipfile
import zlib

from sandbox import checks
from sandbox.clock import ZONE
from sandbox.statements import ready_at
from sandbox.transfers import Kind
from sandbox.unionpay_wire import MERCHANT, Form
from sandbox.world import World

__all__ = ["day_of", "packed", "ready_at", "trace_no"]

# Names and widths in the order of the columns, one space between two.
WIDTHS = {
    "tradeCode": 3,
    "acqInsCode": 11,
    "sendInsCode": 11,
    "traceNo": 6,
    "txnTime": 10,
    "accNo": 19,
    "txnAmt": 12,
    "merCatCode": 4,
    "termType": 2,
    "queryId": 21,
    "oldPayType": 2,
    "orderId": 32,
    "payCardType": 2,
    "origTraceNo": 6,
    "origTxnTime": 10,
    "merCharge": 13,
    "settleAmt": 13,
    "payType": 4,
    "groupMerId": 15,
    "txnType": 2,
    "txnSubType": 2,
    "bizType": 6,
    "accType": 2,
    "billType": 4,
    "billNo": 32,
    "interactMode": 1,
    "origQryId": 21,
    "merId": 15,
    "divideMode": 1,
    "subMerId": 15,
    "subMerAbbr": 32,
    "divideAmt": 13,
    "netAmt": 13,
    "termId": 8,
    "merReserved": 32,
    "discountAmt": 13,
    "invoiceAmt": 13,
    "addCharge": 12,
    "periods": 2,
    "medium": 1,
    "reserved": 131,
}
TRADE_CODES = {Kind.PAYOUT: "S35", Kind.COLLECTION: "S36"}


def day_of(world: World, given: Form) -> dt.date:
    """The day whose month and day are given, the last such before today. Raises Refusal."""
    text, today = given.get("settleDate", ""), world.clock.now().astimezone(ZONE).date()
    try:
        if given.get("fileType") != "00":
            raise ValueError
        return next(day for year in (today.year, today.year - 1) if (day := _date(f"{year}{text}")) <= today)
    except ValueError:
        raise checks.invalid("settleDate", "must be MMDD, and fileType 00") from None


def _date(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%Y%m%d").replace(tzinfo=ZONE).date()


def packed(world: World, day: dt.date) -> Form:
    """The file of a day as an answer carries it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, rows in (("ZM", _movements(world, day)), ("ZME", [])):
            # A fixed time: the same file is the same bytes.
            entry = zipfile.ZipInfo(
                f"INN{day:%y%m%d}88{kind}_{MERCHANT}", date_time=(day.year, day.month, day.day, 0, 0, 0)
            )
            archive.writestr(entry, "".join(_line(row) for row in rows).encode("gbk"))
    content = base64.b64encode(zlib.compress(out.getvalue())).decode()
    return {"fileName": f"{MERCHANT}_{day:%Y%m%d}.zip", "fileContent": content}


def trace_no(row: sqlite3.Row) -> str:
    """Six digits of a transfer, as the terminals of old numbered theirs."""
    return str(row["channel_serial"])[-7:-1]


def _movements(world: World, day: dt.date) -> list[sqlite3.Row]:
    return world.books.rows(
        "SELECT *, settled_at AS at, 0 AS back FROM transfers"
        " WHERE settled_day = ? AND status IN ('SUCCESS', 'RETURNED')"
        " UNION ALL SELECT *, returned_at, 1 FROM transfers WHERE returned_day = ?"
        " ORDER BY at, channel_serial, back",
        *(day.isoformat(), day.isoformat()),
    )


def _line(row: sqlite3.Row) -> str:
    values = _values(row)
    return " ".join(values.get(name, "").ljust(width) for name, width in WIDTHS.items()) + "\r\n"


def _values(row: sqlite3.Row) -> Form:
    kind = Kind(row["kind"])
    at = dt.datetime.fromisoformat(row["at"]).astimezone(ZONE)
    fen, goes_out = row["amount_fen"], (kind is Kind.PAYOUT) != bool(row["back"])
    original = (
        {"origQryId": row["channel_serial"], "origTraceNo": trace_no(row), "txnType": "04"} if row["back"] else {}
    )
    return {
        "tradeCode": TRADE_CODES[kind],
        "traceNo": trace_no(row),
        "txnTime": f"{at:%m%d%H%M%S}",
        "accNo": f"{row['card_number'][:6]}****{row['card_number'][-4:]}",
        "txnAmt": f"{fen:012d}",
        "queryId": row["channel_serial"],
        "orderId": row["serial"],
        "merCharge": f"D{row['fee_fen']:012d}",
        "settleAmt": f"{'D' if goes_out else 'C'}{fen:012d}",
        "payType": "0001",
        "merId": MERCHANT,
        "txnType": "12" if kind is Kind.PAYOUT else "11",
        "txnSubType": "00",
        "accType": "01",
        "bizType": "000401" if kind is Kind.PAYOUT else "000501",
        **original,
    }
