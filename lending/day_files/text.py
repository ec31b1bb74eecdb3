"""A day file as text: CSV in UTF-8 with one header row, written as rows come and read back in one pass. No Django."""

import csv
import datetime as dt
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import IO, Any

from lending.day_files.layout import BORROWER, CONTROL, OTHERS, Column, Kind, Layout

IN_MEMORY = 16 * 1024 * 1024
RATE_PLACES = Decimal("0.000001")
Amounts = tuple[int, ...]


class WrongFile(Exception):
    """A file that is not as it must be: which, at which line (the header is line 1, 0 the file as a whole), and why."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}.csv, line {line}: {why}")
        self.file, self.line, self.why = file, line, why


@dataclass(frozen=True, slots=True)
class Summed:
    """What the control file says of a file: rows after the header, hash, and the sum of each amount over all rows."""

    layout: Layout
    rows: int
    sha256: str
    sums: Amounts


class Writer:
    """Writes the records of one file; keeps count, sums and hash. Large files wait on the disk, not in memory: they
    hold serial numbers and amounts, no personal data."""

    def __init__(self, layout: Layout, partner: str) -> None:
        self.layout = layout
        self.partner = partner
        self.rows = 0
        self.sums = [0] * len(layout.amounts)
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by whoever takes it
        self._hash = hashlib.sha256()
        self._formats = [FORMATS[column.kind] for column in layout.facts]
        self._line = io.StringIO()
        self._csv = csv.writer(self._line, lineterminator="\n")
        self._put(layout.header)

    def add(self, facts: Sequence[Any], whole: Amounts = (), part: Amounts = ()) -> None:
        """Write a record: one row, or three where amounts have parties (`part` is the partner's), in fen."""
        written = [write(value) for write, value in zip(self._formats, facts, strict=True)]
        if not self.layout.has_parties:
            self._row(written, whole)
            return
        rest = tuple(one - other for one, other in zip(whole, part, strict=True))
        for party, amounts in ((BORROWER, whole), (self.partner, part), (OTHERS, rest)):
            self._row([*written, party], amounts)

    @property
    def summed(self) -> Summed:
        """What the control file says of what is written so far."""
        return Summed(self.layout, self.rows, self._hash.hexdigest(), tuple(self.sums))

    def _row(self, written: list[Any], amounts: Amounts) -> None:
        self.rows += 1
        self.sums = [total + amount for total, amount in zip(self.sums, amounts, strict=True)]
        self._put([*written, *amounts])

    def _put(self, row: Sequence[Any]) -> None:
        self._csv.writerow(row)
        line = self._line.getvalue().encode()
        self._line.seek(0)
        self._line.truncate()
        self._hash.update(line)
        self.file.write(line)


def write_control(date: dt.date, partner: str, files: Iterable[Summed]) -> Writer:
    """The control file over all others."""
    control = Writer(CONTROL, partner)
    for each in files:
        facts = (date, partner, each.layout.name, each.rows, each.sha256)
        for column, total in zip(each.layout.amounts, each.sums, strict=True):
            control.add((*facts, column.name), (total,))
        if not each.layout.amounts:
            control.add((*facts, ""), (0,))
    return control


def _rate(value: Decimal) -> str:
    return str(value.quantize(RATE_PLACES, rounding=ROUND_HALF_UP))


FORMATS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: str,
    Kind.DATE: lambda date: date.isoformat() if date else "",
    Kind.COUNT: int,
    Kind.RATE: _rate,
    Kind.FEN: int,
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record read back: the line of its first row, its facts as written, and its amounts in fen by party; a file
    without parties has the whole alone."""

    line: int
    facts: dict[str, str]
    whole: dict[str, int]
    part: dict[str, int]


def read(layout: Layout, content: bytes, *, name: str = "", partner: str = "") -> Iterator[Record]:
    """The records of a file. Raises WrongFile at the first row that is not as the layout says, or where the borrower's
    row is not the sum of the funders'. `name` is what a refusal calls the file, if not what the layout does."""
    name = name or layout.name
    try:
        rows = csv.reader(io.StringIO(content.decode(), newline=""))
    except UnicodeDecodeError as error:
        raise WrongFile(name, 0, "is not UTF-8") from error
    if next(rows, None) != layout.header:
        raise WrongFile(name, 1, "is not the header of this file")
    step = 3 if layout.has_parties else 1
    for line, row in enumerate(rows, start=2):
        parsed = _parsed(layout, name, line, row)
        place = (line - 2) % step
        if place == 0:
            group = []
        group.append(parsed)
        if place == step - 1:
            yield _record(name, line - place, group, partner)
    if (rows.line_num - 1) % step:
        raise WrongFile(name, rows.line_num, "the other rows of its record are missing")


Parsed = tuple[dict[str, str], str, dict[str, int]]


def _parsed(layout: Layout, name: str, line: int, row: list[str]) -> Parsed:
    """A row's facts, party and amounts."""
    if len(row) != len(layout.columns):
        raise WrongFile(name, line, f"has {len(row)} columns instead of {len(layout.columns)}")
    facts = {column.name: value for column, value in zip(layout.facts, row, strict=False)}
    for column in layout.facts:
        if not _is_well_written(column, facts[column.name]):
            raise WrongFile(name, line, f"{column.name} is no {column.kind}")
    party = row[len(layout.facts)] if layout.has_parties else BORROWER
    try:
        values = [int(value) for value in row[len(row) - len(layout.amounts) :]]
    except ValueError:
        raise WrongFile(name, line, "an amount is no whole number of fen") from None
    return facts, party, {column.name: value for column, value in zip(layout.amounts, values, strict=True)}


def _is_well_written(column: Column, value: str) -> bool:
    if column.kind is Kind.COUNT:
        return value.isdigit()
    if column.kind is Kind.RATE:
        whole, _point, places = value.partition(".")
        return whole.isdigit() and places.isdigit() and len(places) == 6
    if column.kind is Kind.DATE and value:
        try:
            return dt.date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    return True


def _record(name: str, line: int, rows: list[Parsed], partner: str) -> Record:
    facts, _borrower, whole = rows[0]
    if len(rows) == 1:
        return Record(line, facts, whole, {})
    for place, (others_facts, _party, _amounts) in enumerate(rows):
        if others_facts != facts:
            raise WrongFile(name, line + place, "does not belong to the borrower's row above it")
    parties = [each[1] for each in rows]
    if parties != [BORROWER, partner or parties[1], OTHERS]:
        raise WrongFile(name, line, f"the parties are {', '.join(parties)}")
    part, rest = rows[1][2], rows[2][2]
    for column, amount in whole.items():
        if amount != part[column] + rest[column]:
            raise WrongFile(name, line, f"{column} is {amount}, the funders' rows say {part[column] + rest[column]}")
    return Record(line, facts, whole, part)
