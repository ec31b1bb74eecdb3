"""The payment institution's ledger. A movement takes from one account what it gives another: it balances."""

from decimal import Decimal
from enum import StrEnum

from sandbox.books import Books
from sandbox.clock import Clock


class Account(StrEnum):
    """Where money stands. `outside` is the rest of the world, cards and other banks: below zero."""

    PARTNER = "partner"
    RESERVED = "reserved"
    FEES = "fees"
    OUTSIDE = "outside"


def begin(books: Books, clock: Clock, opening_balance: Decimal) -> None:
    """Open the accounts and pay in the partner's opening balance (yuan), once in the life of the books."""
    with books.transaction():
        if books.row("SELECT 1 FROM accounts"):
            return
        for account in Account:
            books.insert("accounts", code=account)
        opening = int(opening_balance * 100)
        if opening:
            move(books, clock, Account.OUTSIDE, Account.PARTNER, opening, "opening", "opening")


def move(
    books: Books, clock: Clock, source: Account, target: Account, amount_fen: int, serial: str, reason: str
) -> None:
    """Move `amount_fen`; one reason moves money once for one serial (else sqlite3.IntegrityError)."""
    books.insert(
        "movements",
        source=source,
        target=target,
        amount_fen=amount_fen,
        serial=serial,
        reason=reason,
        at=clock.stamp()[0],
    )


def balances(books: Books) -> dict[str, int]:
    """Each account's balance in fen."""
    return {row["code"]: row["balance_fen"] for row in books.rows("SELECT * FROM accounts ORDER BY code")}


def yuan(fen: int) -> str:
    """Fen as the yuan string of the wire."""
    return f"{Decimal(fen) / 100:.2f}"
