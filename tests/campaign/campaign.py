"""Orders placed while everything is killed in turn and the institutions misbehave; then a wait without any help."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from django.db import Error, connection

from accounts.tests.factories import Person, verified_customer
from core.models import Work
from core.problems import Problem
from payments.models import IN_FLIGHT, PaymentOrder
from payments.tests.orderer import CARD, NAME, order
from tests.campaign.books import all_books
from tests.campaign.house import House, database_answers
from tests.campaign.wishes import Size, Wish
from tests.support.processes import wait_until

REQUEST_FAULTS = ("delay", "lose", "refuse", "lose_answer", "error_after_accepting", "bad_signature")
FAULTS = {
    "payouts": REQUEST_FAULTS,
    "collections": REQUEST_FAULTS,
    "queries": REQUEST_FAULTS,
    "callbacks": ("delay", "lose", "lose_answer", "duplicate", "bad_signature"),
}
MOST_SECONDS = 2.5  # some of the delays outlast the patience of whoever waits for the answer


@dataclass
class Campaign:
    """One campaign in a house, and what befell it."""

    house: House
    size: Size
    blows: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Place all orders under fire, cease fire, and wait until the house has worked everything off by itself."""
        prove_card()
        self.size.publish_routes()
        for number, wish in enumerate(self.size.wishes()):
            self._place(wish)
            self._misfortune()
            self.house.revive()
            if number % self.size.between_blows == 0:
                self.blows[self.house.strike()] += 1
        httpx.delete(f"{self.house.sandbox.url}/control/faults").raise_for_status()
        connection.close()
        try:
            wait_until(self._is_over, "everything worked off", seconds=self.size.patience)
        except pytest.fail.Exception:
            pytest.fail(f"not worked off in {self.size.patience:g} seconds: {unfinished(self.house)}")

    def _place(self, wish: Wish) -> None:
        """As any orderer does: if the answer is lost, look whether the order is there before placing it again."""
        while True:
            try:
                if not PaymentOrder.objects.filter(reference=wish.reference).exists():
                    order(wish.amount, wish.kind, wish.reference, wish.payee)
                return
            except Error:
                connection.close()
                wait_until(database_answers, "the database")
            except Problem as problem:
                assert problem.code == "payment_in_progress"
                return

    def _misfortune(self) -> None:
        """Now and then a fault for the next message or two; never so many in wait that one kind would drown others."""
        chance = self.house.chance
        target = chance.choice(list(FAULTS))
        if chance.random() < 0.5:
            waiting = httpx.get(f"{self.house.sandbox.url}/control/faults").json()["faults"]
            if not any(one["target"] == target for one in waiting):
                fault = chance.choice(FAULTS[target])
                self.house.sandbox.fault(
                    target, fault, count=chance.randint(1, 2), seconds=chance.random() * MOST_SECONDS
                )
                self.faults[f"{target} {fault}"] += 1

    def _is_over(self) -> bool:
        """No order is on its way, no work is open, and the institution has told us all it has to tell."""
        time.sleep(0.2)
        self.house.revive()
        try:
            on_their_way = PaymentOrder.objects.filter(status__in=IN_FLIGHT).exists()
            return not on_their_way and not open_work() and all_told(self.house)
        except Error:
            connection.close()
            return False


def prove_card() -> None:
    """Have the holder of the one card prove that it is his own: UnionPay deducts from no other."""
    verified_customer(Person(name=NAME, card_number=CARD))


def unfinished(house: House) -> dict[str, object]:
    """What is still under way: our orders, our work, and the institutions' news that has not reached us."""
    orders = PaymentOrder.objects.filter(status__in=IN_FLIGHT)
    rows = [row for their in all_books(house.sandbox) for row in their.rows]
    return {
        "orders": list(orders.values_list("serial", "kind", "channel", "status", "amount")),
        "work": open_work(),
        "theirs": [row for row in rows if not is_told(row)],
    }


def open_work() -> list[tuple[str, str, str, str]]:
    """What is still to be done or is parked, but for the settlement of the day."""
    rows = Work.objects.filter(state__in=[*Work.OPEN, Work.State.PARKED]).exclude(kind="settle_day")
    return list(rows.values_list("kind", "key", "state", "last_error"))


def all_told(house: House) -> bool:
    """Whether the institutions have brought us all their news."""
    return all(is_told(row) for their in all_books(house.sandbox) for row in their.rows)


def is_told(row: dict[str, Any]) -> bool:
    """Whether this one of an institution's is at its end, and every note of it delivered."""
    return row["at_its_end"] and all(note["delivered_at"] for note in row["notifications"])
