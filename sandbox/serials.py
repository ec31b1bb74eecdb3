"""The institutions' own serial numbers: date, two letters for the kind, nine digits, a check digit."""

from stdnum import luhn

from sandbox.books import Books
from sandbox.clock import Clock


def next_serial(books: Books, clock: Clock, kind: str) -> str:
    """The next number of `kind`, inside the transaction that uses it."""
    day = clock.stamp()[1].replace("-", "")
    row = books.row(
        "INSERT INTO sequences (kind, day, last) VALUES (?, ?, 1)"
        " ON CONFLICT (kind, day) DO UPDATE SET last = last + 1 RETURNING last",
        kind,
        day,
    )
    assert row is not None
    sequence = f"{row['last']:09d}"
    return f"{day}{kind}{sequence}{luhn.calc_check_digit(day + sequence)}"
