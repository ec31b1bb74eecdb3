"""UnionPay's file of a day: the merchant's transactions in lines of columns of fixed width, GBK, in a zip that comes
deflated and in base64. It states no totals.
"""

import base64
import datetime as dt
import re
import zlib
from decimal import Decimal

from core import clock
from payments.channels.archives import LARGEST_BYTES, unzipped
from payments.channels.base import Totals, add_up, money
from payments.matching import RETURNED, SUCCESS
from payments.models import OrderKind, StatementLine

# Between two columns there is a space. What the name of the file says stands first in what we keep.
NAME = re.compile(r"INN(\d{6})\d{2}ZM_\w+")
_WIDTHS = (
    *(3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2),
    *(6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1),
)
_AT = {
    "txnTime": 4,
    "txnAmt": 6,
    "queryId": 9,
    "orderId": 11,
    "merCharge": 15,
    "txnType": 19,
    "bizType": 21,
    "origQryId": 26,
}
_KINDS = {"000401": OrderKind.PAYOUT, "000501": OrderKind.COLLECTION}
_RETURN = "04"


def unpacked(content: str) -> str:
    """The transactions with the name of their file, from `fileContent`. Raises ValueError for what cannot be read."""
    try:
        inflate = zlib.decompressobj()
        files = unzipped(inflate.decompress(base64.b64decode(content, validate=True), LARGEST_BYTES))
    except zlib.error as error:
        raise ValueError("not deflated") from error
    [(name, text)] = [(name, text) for name, text in files.items() if NAME.fullmatch(name)]
    return f"{name}\n{text}"


def day_of(content: str) -> dt.date:
    """The day of a file. Raises ValueError."""
    name = NAME.fullmatch(content.partition("\n")[0])
    if name is None:
        raise ValueError("no file of transactions")
    return dt.datetime.strptime(name[1], "%y%m%d").replace(tzinfo=clock.BUSINESS_ZONE).date()


def parse(content: str) -> tuple[list[StatementLine], Totals]:
    """The movements, and what they come to: no totals are stated. Raises ValueError or IndexError for what cannot be
    read.
    """
    day = day_of(content)
    text = content.splitlines()[1:]
    lines = [_line(number, _columns(line), day) for number, line in enumerate(text, start=1)]
    return lines, add_up(lines)


def _columns(line: str) -> dict[str, str]:
    if len(line) < sum(_WIDTHS) + len(_WIDTHS) - 1:
        raise ValueError("too short a line")
    starts = [sum(_WIDTHS[:number]) + number for number in range(len(_WIDTHS))]
    return {name: line[starts[no] : starts[no] + _WIDTHS[no]].strip() for name, no in _AT.items()}


def _line(number: int, said: dict[str, str], day: dt.date) -> StatementLine:
    came_back = said["txnType"] == _RETURN
    return StatementLine(
        no=number,
        channel_trade_no=said["origQryId"] if came_back else said["queryId"],
        out_trade_no=said["orderId"],
        kind=_kind(said["bizType"]),
        status=RETURNED if came_back else SUCCESS,
        amount=yuan(said["txnAmt"]),
        fee=_fee(said["merCharge"]),
        finished_at=_moment(said["txnTime"], day),
    )


def _kind(business: str) -> str:
    if business not in _KINDS:
        raise ValueError(f"{business} is no business of ours")
    return _KINDS[business].value


def yuan(fen: str) -> Decimal:
    """An amount of the wire, whole fen, in yuan. Raises ValueError."""
    if not (fen.isascii() and fen.isdigit()):
        raise ValueError(f"{fen!r} is no number of fen")
    return money(Decimal(fen) / 100)


def _fee(text: str) -> Decimal:
    """What we are debited; a fee that is credited to us is none that we know how to book."""
    fee = yuan(text[1:])
    if text[0] not in "DC" or (text[0] == "C" and fee):
        raise ValueError("fee")
    return fee


def _moment(text: str, day: dt.date) -> dt.datetime:
    """The lines name no year: it is that of the file's day, or the one before."""
    moment = dt.datetime.strptime(f"{day.year}{text}", "%Y%m%d%H%M%S").replace(tzinfo=clock.BUSINESS_ZONE)
    return moment if moment.date() <= day else moment.replace(year=day.year - 1)
