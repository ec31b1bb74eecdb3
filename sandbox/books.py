"""The file of the institutions' books: SQLite, written through to the disk before anything is answered."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Books:
    """One connection, used by one thread: the event loop is the only writer, so nothing interleaves."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = _open(path)

    def begin_anew(self) -> None:
        """Throw the file away and open an empty one."""
        self._file.close()
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(f"{self._path.name}{ending}").unlink(missing_ok=True)
        self._file = _open(self._path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it is on the disk at the end, or none of it. Not to be nested; never await inside."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            self._file.execute("ROLLBACK")
            raise

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows that a statement finds."""
        return self._file.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """The first row that a statement finds."""
        found: sqlite3.Row | None = self._file.execute(statement, values).fetchone()
        return found

    def insert(self, table: str, **values: Any) -> None:
        """Write one row. Raises sqlite3.IntegrityError if it is there already or breaks a rule."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
        self._file.execute(statement, tuple(values.values()))

    def change(self, statement: str, *values: Any) -> int:
        """Run an UPDATE or DELETE; returns the number of rows it touched."""
        return self._file.execute(statement, values).rowcount

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _open(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None)
    file.row_factory = sqlite3.Row
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.execute("PRAGMA foreign_keys = ON")
    # As one transaction: each statement by itself would wait for the disk.
    file.executescript(f"BEGIN; {Path(__file__).with_name('schema.sql').read_text()} COMMIT;")
    return file
