"""The sandbox's clock: real time plus an offset that a test moves. Days are those of Asia/Shanghai."""

import datetime as dt
from zoneinfo import ZoneInfo

from sandbox.books import Books

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """Time as the institutions see it. The offset is in the books, so that a restart keeps it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    @property
    def offset_seconds(self) -> float:
        """By how many seconds the institutions are ahead of real time."""
        row = self._books.row("SELECT offset_seconds FROM clock")
        return float(row["offset_seconds"]) if row else 0.0

    def now(self) -> dt.datetime:
        """The present, aware UTC."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.offset_seconds)

    def stamp(self) -> tuple[str, str]:
        """The present as written in the books: ISO 8601 UTC, and the day it falls on."""
        moment = self.now()
        return iso(moment), day_of(moment).isoformat()

    def move(self, offset_seconds: float) -> None:
        """Set the offset."""
        with self._books.transaction():
            self._books.change("DELETE FROM clock")
            self._books.insert("clock", only_row=1, offset_seconds=offset_seconds)


def iso(moment: dt.datetime) -> str:
    """An aware UTC moment in ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(moment: dt.datetime) -> dt.date:
    """The institutions' day on which `moment` falls."""
    return moment.astimezone(ZONE).date()
