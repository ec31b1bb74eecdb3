"""What a campaign wants moved: orders of every kind that some institution carries out, over all that can.

An institution that comes to payments.channels.CHANNELS takes part by itself; a new kind of account needs a payee here.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from payments.channels import CHANNELS, Channel
from payments.models import OrderKind, PayeeKind
from payments.orders import Payee
from payments.routing import Lane
from payments.tests.orderer import NAME, PAYEE
from payments.tests.routes import rule

PAYEES = {
    PayeeKind.CARD: PAYEE,
    PayeeKind.WECHAT: Payee(NAME, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", PayeeKind.WECHAT),
    PayeeKind.COMPANY: Payee("远山汽车金融有限公司", "110060149018170012345", PayeeKind.COMPANY, "103100000026"),
}
# The last two digits decide what becomes of an order (sandbox/transfers.py); most of them are ordinary.
ENDINGS = (*("00", "10", "25", "37", "58", "66", "81"), "91", "92", "93", "94", "97", "98")
LEAST = 1000  # yuan
CARDS_OF_OTHERS = 3  # so many orders go to cards for one to each other kind of account


@dataclass(frozen=True)
class Wish:
    """One order to be placed; every amount (yuan) is its own."""

    kind: OrderKind
    payee: Payee
    amount: str
    reference: str


@dataclass(frozen=True)
class Size:
    """How much: orders of each kind, how many are placed between two blows, and how long all may take to end (s)."""

    payouts: int
    collections: int
    between_blows: int
    patience: float
    environment: dict[str, str] = field(default_factory=dict)

    def wishes(self) -> Iterator[Wish]:
        """The kinds mixed, and the kinds of accounts."""
        counts = {OrderKind.PAYOUT: self.payouts, OrderKind.COLLECTION: self.collections}
        payees = {kind: itertools.cycle(payees_of(kind)) for kind in counts}
        endings = itertools.cycle(ENDINGS)
        for number in range(max(counts.values())):
            for kind, count in counts.items():
                if number < count:
                    amount = f"{LEAST + number}.{next(endings)}"
                    yield Wish(kind, next(payees[kind]), amount, f"{kind[0].upper()}{number}")

    def publish_routes(self) -> None:
        """Put rules into force by which every institution gets its share: each takes cheaper but smaller orders than
        the next, which stands in for it.
        """
        rule(*(lane for kind in OrderKind for lane in self._lanes(kind)))

    def _lanes(self, kind: OrderKind) -> Iterator[Lane]:
        able = carriers(kind)
        for_cards = sum((kind, PayeeKind.CARD) in channel.takes for channel in able)
        most = {OrderKind.PAYOUT: self.payouts, OrderKind.COLLECTION: self.collections}[kind]
        for place, channel in enumerate(able, start=1):
            limit = Decimal(LEAST + most * place // for_cards) if place < for_cards else None
            yield Lane(channel.code, kind=kind, fixed_fee=Decimal(place), order_limit=limit)


def carriers(kind: OrderKind) -> list[Channel]:
    """The institutions that carry out orders of this kind, those for cards first."""
    able = [channel for channel in CHANNELS.values() if any(taken == kind for taken, _payee in channel.takes)]
    return sorted(able, key=lambda channel: (kind, PayeeKind.CARD) not in channel.takes)


def payees_of(order_kind: OrderKind) -> list[Payee]:
    """Payees in the proportion in which orders of this kind are placed."""
    takable = {payee for channel in CHANNELS.values() for taken, payee in channel.takes if taken == order_kind}
    others = [payee for kind, payee in PAYEES.items() if kind in takable - {PayeeKind.CARD}]
    return [*([PAYEES[PayeeKind.CARD]] * CARDS_OF_OTHERS), *others]
