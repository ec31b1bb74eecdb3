"""The institutions' own books, read over HTTP, each by its code."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from payments.channels import CHANNELS, PAYMENT, Channel
from payments.models import OrderKind
from tests.support.processes import Sandbox


@dataclass(frozen=True)
class Their:
    """One institution's books."""

    sandbox: Sandbox
    channel: Channel

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every order that it has, each with the notes that it wrote about it."""
        kinds = sorted({kind for kind, _payee in self.channel.takes})
        return [row for kind in kinds for row in self._book(f"{OrderKind(kind).value}s")[f"{OrderKind(kind).value}s"]]

    @property
    def balances(self) -> dict[str, Any]:
        """Each account as carried and as summed from its movements."""
        return self._book("balances")

    @property
    def cash(self) -> Decimal:
        """What it says we have, accepted payouts included (yuan)."""
        accounts = self.balances["accounts"]
        return Decimal(accounts["partner"]) + Decimal(accounts["reserved"])

    def _book(self, name: str) -> dict[str, Any]:
        return self.sandbox.book(name if self.channel == PAYMENT else f"{self.channel.code}/{name}")


def all_books(sandbox: Sandbox) -> list[Their]:
    """The books of every institution."""
    return [Their(sandbox, channel) for channel in CHANNELS.values()]
