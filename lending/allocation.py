"""Which part of a debt a payment pays first. No Django, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO


class Component(StrEnum):
    """What a borrower owes."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Direction(StrEnum):
    """Instalment by instalment, or component by component over all instalments."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


# The trade's order: cost, penalty, interest, principal (domain rules, interest and repayment).
DEFAULT_ORDER = (Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL)


@dataclass(slots=True)
class Amounts:
    """Yuan by component: what is due of an instalment, or what was paid on it."""

    penalty: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO
    principal: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All four together."""
        return self.penalty + self.fee + self.interest + self.principal

    def __getitem__(self, component: Component) -> Decimal:
        return getattr(self, component.value)

    def add(self, component: Component, amount: Decimal) -> None:
        """Add `amount` to one component."""
        setattr(self, component.value, self[component] + amount)

    def plus(self, other: "Amounts") -> "Amounts":
        """The sum, component by component."""
        return Amounts(
            self.penalty + other.penalty,
            self.fee + other.fee,
            self.interest + other.interest,
            self.principal + other.principal,
        )

    def minus(self, other: "Amounts") -> "Amounts":
        """The difference, component by component."""
        return Amounts(
            self.penalty - other.penalty,
            self.fee - other.fee,
            self.interest - other.interest,
            self.principal - other.principal,
        )


@dataclass(frozen=True, slots=True)
class Allocation:
    """What was paid on each instalment, in the order of the dues, and what the payment left over."""

    paid: list[Amounts] = field(default_factory=list)
    left_over: Decimal = ZERO


def allocate(
    amount: Decimal,
    due: Sequence[Amounts],
    order: Sequence[Component] = DEFAULT_ORDER,
    direction: Direction = Direction.HORIZONTAL,
) -> Allocation:
    """Spread `amount` (yuan) over `due`, the oldest instalment first, inside it (or over all of them) by `order`."""
    paid = [Amounts() for _ in due]
    left = amount
    for index, component in _steps(len(due), order, direction):
        if not left:
            break
        part = min(left, due[index][component])
        paid[index].add(component, part)
        left -= part
    return Allocation(paid, left)


def _steps(count: int, order: Sequence[Component], direction: Direction) -> list[tuple[int, Component]]:
    if direction is Direction.HORIZONTAL:
        return [(index, component) for index in range(count) for component in order]
    return [(index, component) for component in order for index in range(count)]
