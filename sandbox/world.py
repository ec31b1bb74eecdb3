"""Everything that one running sandbox holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import ledger, signing
from sandbox.books import Books
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.serials import next_serial
from sandbox.settings import Settings


@dataclass(frozen=True)
class World:
    """The institutions' settings, keys, books, clock and faults, and what is particular to one's transfers: the endings
    of amounts that a payee never confirms, with the code that ends the wait, and whether a success may come back.
    """

    settings: Settings
    keys: dict[str, rsa.RSAPrivateKey]
    partner: signing.PartnerKey
    books: Books
    clock: Clock
    faults: Faults
    unconfirmed: Mapping[int, str] = field(default_factory=dict)
    takes_back: bool = True

    def next_serial(self, kind: str) -> str:
        """The institutions' next serial number of `kind` (two letters)."""
        return next_serial(self.books, self.clock, kind)

    def begin_anew(self) -> None:
        """Throw the books away and begin new ones. The clock and the faults are in those of the main institution."""
        self.books.begin_anew()
        ledger.begin(self.books, self.clock, self.settings.opening_balance)


def open_world(settings: Settings) -> World:
    """Open the books, or begin new ones. Makes the keys that are missing."""
    signing.make_missing_keys(settings.keys)
    books = Books(settings.data / "books.sqlite3")
    clock = Clock(books)
    ledger.begin(books, clock, settings.opening_balance)
    return World(
        settings=settings,
        keys=signing.load_keys(settings.keys),
        partner=signing.PartnerKey(settings.partner_key),
        books=books,
        clock=clock,
        faults=Faults(books),
    )


def open_branch(world: World, code: str, **particular: Any) -> World:
    """Another institution of the same world, under the same clock and faults, with transfers and a ledger in a file
    of its own, and what is `particular` to it.
    """
    books = Books(world.settings.data / f"{code}.sqlite3")
    ledger.begin(books, world.clock, world.settings.opening_balance)
    return replace(world, books=books, **particular)
