"""The bank's statement of a day, camt.053: the booked balances at its ends, and every entry between them."""

import datetime as dt
from decimal import Decimal
from xml.etree.ElementTree import Element

from django.utils.dateparse import parse_date, parse_datetime

from core import clock
from core.money import ZERO
from payments.channels.base import Totals, money
from payments.channels.fund_rows import FundRow, fees_of, lines_of
from payments.channels.iso20022 import all_at, one_at, opened, said, yuan
from payments.models import StatementLine

CAMT_053 = "camt.053.001.08"
OPENING, CLOSING = "OPBD", "CLBD"
CREDIT, DEBIT = "CRDT", "DBIT"
_CHARGE = "CHRG"
_NO_NUMBER = ("", "NOTPROVIDED")


def account_and_date(content: str) -> tuple[str, str]:
    """Whose statement it is, and of which day (ISO). Raises ValueError."""
    statement = _statement(content)
    return said(statement, "Acct/Id/Othr/Id"), said(_balance(statement, CLOSING), "Dt/Dt")


def parse(content: str) -> tuple[list[StatementLine], Totals]:
    """The movements, and the totals as stated. A charge stands in an entry of its own and is put on the line of the
    payment that it was taken for. Raises ValueError for what cannot be read, and where the entries do not lead from the
    opening to the closing balance.
    """
    statement = _statement(content)
    entries = all_at(statement, "Ntry")
    opening, closing = (_signed(_balance(statement, code)) for code in (OPENING, CLOSING))
    if opening + sum(map(_signed, entries), ZERO) != closing:
        raise ValueError("the entries do not lead from the opening to the closing balance")
    rows = [_row(entry) for entry in entries]
    return lines_of(rows), _totals(statement, rows)


def _statement(content: str) -> Element:
    return one_at(opened(content, CAMT_053), "Stmt")


def _balance(statement: Element, code: str) -> Element:
    [found] = [each for each in all_at(statement, "Bal") if said(each, "Tp/CdOrPrtry/Cd") == code]
    return found


def _signed(place: Element) -> Decimal:
    """The amount of a balance or an entry: negative on the debit side."""
    amount = yuan(one_at(place, "Amt"))
    return {CREDIT: amount, DEBIT: -amount}[_side(place)]


def _side(place: Element) -> str:
    side = said(place, "CdtDbtInd")
    if side not in (CREDIT, DEBIT):
        raise ValueError("neither credit nor debit")
    return side


def _row(entry: Element) -> FundRow:
    if said(entry, "Sts/Cd") != "BOOK":
        raise ValueError("an entry that is not booked")
    amount = _signed(entry)
    details = one_at(entry, "NtryDtls/TxDtls")
    return FundRow(
        channel_trade_no=said(entry, "AcctSvcrRef")[:64],
        out_trade_no=_number(details),
        income=max(amount, ZERO),
        expense=max(-amount, ZERO),
        at=_moment(entry),
        is_fee=said(entry, "BkTxCd/Domn/Fmly/SubFmlyCd") == _CHARGE,
        comes_back=bool(all_at(details, "RtrInf")),
    )


def _number(details: Element) -> str:
    """Our number; of money that others sent by themselves, what they wrote with it."""
    number = said(details, "Refs/EndToEndId")
    return (said(details, "RmtInf/Ustrd") if number in _NO_NUMBER else number)[:32]


def _moment(entry: Element) -> dt.datetime:
    moment = parse_datetime(said(entry, "BookgDt/DtTm"))
    day = parse_date(said(entry, "BookgDt/Dt"))
    if moment is None and day is None:
        raise ValueError("an entry without its time")
    moment = moment or dt.datetime.combine(day or dt.date.min, dt.time())
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.BUSINESS_ZONE)


def _totals(statement: Element, rows: list[FundRow]) -> Totals:
    credit, debit = (one_at(statement, f"TxsSummry/{name}") for name in ("TtlCdtNtries", "TtlDbtNtries"))
    count = int(said(credit, "NbOfNtries")) + int(said(debit, "NbOfNtries"))
    fees = fees_of(rows)
    return Totals(
        rows=count - sum(row.is_fee for row in rows),
        sum_out=money(said(debit, "Sum")) - fees,
        sum_in=money(said(credit, "Sum")),
        fees=fees,
    )
