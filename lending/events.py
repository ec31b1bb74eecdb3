"""What happens to a loan after it is paid out, as plain values. No Django, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lending.allocation import DEFAULT_ORDER, Amounts, Component
from lending.prepayment import Strategy
from lending.terms import RateChange

# From how many days past due on, and then in which order.
LateOrders = tuple[tuple[int, tuple[Component, ...]], ...]


class EventRefused(ValueError):
    """An event that cannot have happened so; `index` is its place in the list given, `code` the reason."""

    def __init__(self, code: str, index: int) -> None:
        super().__init__(code)
        self.code = code
        self.index = index


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received. What exceeds the amount due is left over, or prepaid where a strategy is agreed.

    It pays by `order`, or by the last of `late_orders` (days past due from which one counts, ascending) that applies.
    """

    date: date
    amount: Decimal
    order: tuple[Component, ...] = DEFAULT_ORDER
    strategy: Strategy | None = None
    late_orders: LateOrders = ()

    def order_at(self, dpd: int) -> tuple[Component, ...]:
        """The order in which it pays a loan so many days past due."""
        return next((order for from_day, order in reversed(self.late_orders) if dpd >= from_day), self.order)


@dataclass(frozen=True, slots=True)
class GivingBack(Payment):
    """A payment that gives the whole loan back in its cooling-off days; `days_used_cost` says whether the interest run
    up so far is owed. Where it turns out not to be the whole, it is a payment like any other."""

    days_used_cost: bool = True


@dataclass(frozen=True, slots=True)
class Prepayment:
    """Principal paid before it is due."""

    date: date
    amount: Decimal
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class Extension:
    """More periods at the end."""

    date: date
    periods: int


@dataclass(frozen=True, slots=True)
class Waiver:
    """Something due that is forgiven: amounts by component, the oldest instalment first."""

    date: date
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class WriteOff:
    """The loan leaves the books; the claim stays, so that a later payment is a recovery."""

    date: date


@dataclass(frozen=True, slots=True)
class Reversal:
    """An earlier event never happened (a bounced deduction); `of` is its place in the list given."""

    date: date
    of: int


Event = Payment | Prepayment | RateChange | Extension | Waiver | WriteOff | Reversal


def in_force(events: Sequence[Event], as_of: date) -> list[tuple[int, Event]]:
    """The events up to `as_of` that no reversal took back, with their places, in order of date (then as given).

    Raises EventRefused for a reversal of itself, of another reversal, of what comes later, or of nothing.
    """
    reversed_ones = set()
    for index, event in enumerate(events):
        if not isinstance(event, Reversal):
            continue
        target = events[event.of] if 0 <= event.of < len(events) else None
        if target is None or isinstance(target, Reversal) or target.date > event.date:
            raise EventRefused("nothing_to_reverse", index)
        if event.of in reversed_ones:
            raise EventRefused("reversed_twice", index)
        if event.date <= as_of:
            reversed_ones.add(event.of)
    standing = [
        (index, event)
        for index, event in enumerate(events)
        if event.date <= as_of and index not in reversed_ones and not isinstance(event, Reversal)
    ]
    return sorted(standing, key=lambda item: item[1].date)
