"""The ledger: append-only transfers of balanced entries. Posted in one round trip, once a key, guarded by PostgreSQL.

Amounts are positive yuan; debit or credit says the direction. A mistake is undone by an opposite posting, never by
an edit.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from core.money import FEN, ZERO
from core.transactions import require_transaction
from payments.chart import Side, kind_of, normal_side
from payments.models import Entry, Transfer

KEY_REUSED = "LG001"
_COLUMNS = [field.attname for field in Transfer._meta.concrete_fields]
_POST = f"SELECT {', '.join(_COLUMNS)} FROM ledger_post(%s, %s, %s, %s, %s::text[], %s::text[], %s::numeric[])"  # noqa: S608


class KeyReused(Exception):
    """The key has been used for a posting with other content. The transaction cannot go on."""


@dataclass(frozen=True)
class Line:
    """One entry to be posted: account code, side, positive amount in yuan."""

    account: str
    side: Side
    amount: Decimal


def debit(account: str, amount: Decimal) -> Line:
    """A debit of `amount` yuan."""
    return Line(account, Side.DEBIT, amount)


def credit(account: str, amount: Decimal) -> Line:
    """A credit of `amount` yuan."""
    return Line(account, Side.CREDIT, amount)


def reversed_lines(lines: Sequence[Line]) -> list[Line]:
    """The same lines on the other sides."""
    return [Line(line.account, line.side.other, line.amount) for line in lines]


def post(*, key: str, business_date: dt.date, purpose: str, reference: str, entries: Sequence[Line]) -> Transfer:
    """Post balanced `entries` as one transfer, as part of the open transaction.

    The same key with the same content returns the first transfer; with other content it raises KeyReused. Raises
    ValueError for entries that do not balance, are fewer than two, or are not positive whole fen, and for an
    unknown kind of account.
    """
    require_transaction("posting to the ledger")
    _check(entries)
    accounts = [line.account for line in entries]
    sides = [line.side.value for line in entries]
    amounts = [line.amount.quantize(FEN) for line in entries]
    try:
        return _one([key, business_date, purpose, reference, accounts, sides, amounts])
    except DatabaseError as error:
        _raise_reuse(error)
        raise


@dataclass(frozen=True)
class Posting:
    """One of many transfers to be posted together: its key, purpose, reference and balanced entries."""

    key: str
    purpose: str
    reference: str
    entries: Sequence[Line]


def post_many(postings: Sequence[Posting], *, business_date: dt.date) -> None:
    """Post many transfers in one round trip, as part of the open transaction: each as `post` would, or none.

    Raises what `post` raises.
    """
    require_transaction("posting to the ledger")
    for posting in postings:
        _check(posting.entries)
    keys = [posting.key for posting in postings]
    if len(set(keys)) < len(keys):
        raise KeyReused("two of these postings have one key")
    lines = [(place, line) for place, posting in enumerate(postings, 1) for line in posting.entries]
    content: list[Any] = [
        business_date,
        keys,
        [posting.purpose for posting in postings],
        [posting.reference for posting in postings],
        [place for place, _line in lines],
        [line.account for _place, line in lines],
        [line.side.value for _place, line in lines],
        [line.amount.quantize(FEN) for _place, line in lines],
    ]
    statement = "SELECT ledger_post_many(%s, %s::text[], %s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s)"
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, content)
    except DatabaseError as error:
        _raise_reuse(error)
        raise


def _raise_reuse(error: DatabaseError) -> None:
    if getattr(error.__cause__, "sqlstate", "") == KEY_REUSED:
        raise KeyReused(str(error)) from error


def _one(content: list[object]) -> Transfer:
    """Straight through the driver, which prepares the statement once a connection: the ORM's own part would take longer
    than the posting.
    """
    with connection.wrap_database_errors:
        row = psycopg.Cursor(connection.connection).execute(_POST, content).fetchone()
        assert row is not None
    return Transfer.from_db(connection.alias, _COLUMNS, row)


def _check(entries: Sequence[Line]) -> None:
    if len(entries) < 2:
        raise ValueError("a transfer has two entries or more")
    for line in entries:
        kind_of(line.account)
        if line.amount <= 0 or line.amount != line.amount.quantize(FEN):
            raise ValueError(f"{line.amount} is not a positive number of whole fen")
    debits = sum(line.amount for line in entries if line.side is Side.DEBIT)
    credits = sum(line.amount for line in entries if line.side is Side.CREDIT)
    if debits != credits:
        raise ValueError(f"debits {debits} and credits {credits} do not balance")


def balance(account: str, as_of: dt.date | None = None, *, until: dt.datetime | None = None) -> Decimal:
    """The balance in yuan at the end of business date `as_of`, or as it was posted `until` a moment (real time), or
    now; positive on the side on which the account grows.
    """
    entries = Entry.objects.filter(account=account)
    if as_of is not None:
        entries = entries.filter(transfer__business_date__lte=as_of)
    if until is not None:
        entries = entries.filter(transfer__posted_at__lte=until)
    debits: Decimal = entries.aggregate(net=net_debit())["net"]
    return debits if normal_side(account) is Side.DEBIT else ZERO - debits


def net_debit() -> Coalesce:
    """An aggregate over entries: debits less credits."""
    signed = Case(When(side=Side.DEBIT, then=F("amount")), default=-F("amount"))
    return _sum(signed)


def _sum(expression: Case | F, condition: Q | None = None) -> Coalesce:
    money = DecimalField(max_digits=20, decimal_places=2)
    return Coalesce(Sum(expression, filter=condition), Value(ZERO), output_field=money)


@dataclass(frozen=True)
class TrialBalanceRow:
    """One account's turnover and balance up to a date, in yuan; the balance stands on the debit or the credit side."""

    account: str
    debits: Decimal
    credits: Decimal

    @property
    def debit_balance(self) -> Decimal:
        """The balance, if debits outweigh; else zero."""
        return max(self.debits - self.credits, ZERO)

    @property
    def credit_balance(self) -> Decimal:
        """The balance, if credits outweigh; else zero."""
        return max(self.credits - self.debits, ZERO)


def trial_balance(date: dt.date) -> list[TrialBalanceRow]:
    """Every account with entries up to the end of business `date`, by code. The two balance columns have equal sums."""
    return _turnovers(Q(transfer__business_date__lte=date))


def trial_balance_at(moment: dt.datetime) -> list[TrialBalanceRow]:
    """The same as it was posted until `moment` (aware, real time), whatever business date the postings bear."""
    return _turnovers(Q(transfer__posted_at__lte=moment))


def _turnovers(condition: Q) -> list[TrialBalanceRow]:
    rows = (
        Entry.objects.filter(condition)
        .values("account_id")
        .annotate(
            debits=_sum(F("amount"), Q(side=Side.DEBIT)),
            credits=_sum(F("amount"), Q(side=Side.CREDIT)),
        )
        .order_by("account_id")
    )
    return [TrialBalanceRow(row["account_id"], row["debits"], row["credits"]) for row in rows]


def entries_for(reference: str) -> QuerySet[Entry]:
    """All entries of the transfers with this reference, oldest first."""
    return Entry.objects.filter(transfer__reference=reference).select_related("transfer").order_by("id")
