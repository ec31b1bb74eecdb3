"""Misfortunes that a test orders: kept in the books, used up one message at a time, oldest first."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from sandbox.books import Books


class Fault(StrEnum):
    """What may go wrong with a message."""

    DELAY = "delay"
    LOSE = "lose"
    LOSE_ANSWER = "lose_answer"
    DUPLICATE = "duplicate"
    REFUSE = "refuse"
    ERROR_AFTER_ACCEPTING = "error_after_accepting"
    BAD_SIGNATURE = "bad_signature"
    TRICKLE = "trickle"


CALLBACKS = "callbacks"
CALLBACK_FAULTS = {Fault.DELAY, Fault.LOSE, Fault.LOSE_ANSWER, Fault.DUPLICATE, Fault.BAD_SIGNATURE}
REQUEST_FAULTS = set(Fault) - {Fault.DUPLICATE}
TARGETS = {
    "payouts": REQUEST_FAULTS,
    "collections": REQUEST_FAULTS,
    "agreements": REQUEST_FAULTS,
    "queries": REQUEST_FAULTS,
    "identity": REQUEST_FAULTS,
    "sms": REQUEST_FAULTS,
    "participations": REQUEST_FAULTS,
    "releases": REQUEST_FAULTS,
    "day_files": REQUEST_FAULTS,
    "sharing": REQUEST_FAULTS,
    "statements": REQUEST_FAULTS,
    CALLBACKS: CALLBACK_FAULTS,
}


@dataclass(frozen=True)
class Misfortune:
    """The fault that befalls one message, if any."""

    fault: Fault | None = None
    seconds: float = 0.0


class Faults:
    """The faults in force."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def order(self, target: str, fault: Fault, count: int | None, seconds: float) -> None:
        """Let `fault` befall the next `count` messages of `target`, or all until cleared."""
        with self._books.transaction():
            self._books.insert("faults", target=target, fault=fault, remaining=count, seconds=seconds)

    def clear(self) -> None:
        """No more faults."""
        with self._books.transaction():
            self._books.change("DELETE FROM faults")

    def in_force(self) -> list[sqlite3.Row]:
        """The faults not yet used up, in the order in which they will befall."""
        return self._books.rows("SELECT target, fault, remaining, seconds FROM faults ORDER BY id")

    def befall(self, target: str) -> Misfortune:
        """Use up one fault of `target`."""
        row = self._books.row("SELECT * FROM faults WHERE target = ? ORDER BY id LIMIT 1", target)
        if row is None:
            return Misfortune()
        if row["remaining"] is not None:
            self._use_up(row)
        return Misfortune(Fault(row["fault"]), row["seconds"])

    def _use_up(self, row: sqlite3.Row) -> None:
        with self._books.transaction():
            if row["remaining"] == 1:
                self._books.change("DELETE FROM faults WHERE id = ?", row["id"])
            else:
                self._books.change("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", row["id"])
