"""CSV files of training data and of rows to score: how they are written, and what counts as missing. Pure.

Training reads them with pandas and scoring without, so what both must agree on stands here.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What an empty cell is written as, in one file or another.
MISSING = frozenset({"", "NA", "N/A", "na", "n/a", "NaN", "nan", "NULL", "null", "None", "?"})
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"


class TableError(ValueError):
    """A file that is no table of the kind that is needed. Its words say what to do."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """The names of the columns, and the rows as text. Raises TableError for a file that is no table."""
    delimiter = delimiter_of(path)
    with path.open(encoding=encoding_of(path), newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        yield _names(path, next(rows, [])), (row for row in rows if row)


def encoding_of(path: Path) -> str:
    """UTF-8, or the encoding of Chinese office programs. Raises TableError when it is neither, or cannot be read."""
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                for _line in file:
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise TableError(f"{path} cannot be read: {error.strerror}.") from None
        return encoding
    raise TableError(f"{path} is neither UTF-8 nor GB18030 text: save it as CSV in UTF-8.")


def delimiter_of(path: Path) -> str:
    """The character that parts the cells: the one that the line of names holds most often."""
    with path.open(encoding=encoding_of(path)) as file:
        names = file.readline()
    return max(DELIMITERS, key=names.count)


def _names(path: Path, names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    if not any(names):
        raise TableError(f"{path} is empty: its first line must name the columns.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TableError(f"{path} has more than one column called {', '.join(twice)}: rename or remove one.")
    return names


def number(text: str) -> float | None:
    """A cell of a column of numbers; None when it is missing. Raises ValueError when it is no finite number."""
    text = text.strip()
    if text in MISSING:
        return None
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text!r} is no finite number")
    return value


def category(text: str) -> str | None:
    """A cell of a column of words; None when it is missing."""
    text = text.strip()
    return None if text in MISSING else text


def cell(text: str, *, numeric: bool) -> Any:
    """A cell as features hold it: float, text or None. Raises ValueError for a word among numbers."""
    return number(text) if numeric else category(text)
