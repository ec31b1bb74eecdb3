"""The conventions under which a figure is computed: named data, frozen into a loan, never guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum

from core.money import FEN, round_money


class DayCount(StrEnum):
    """How days become a fraction of a year."""

    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_364 = "actual/364"
    ACTUAL_ACTUAL = "actual/actual"
    THIRTY_360 = "30/360"


class Rounding(StrEnum):
    """Which way a figure is rounded. `up` is away from zero, `down` towards it."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


DECIMAL_ROUNDING = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}


class Residue(StrEnum):
    """Which instalment takes what rounding leaves over."""

    LAST = "last"
    FIRST = "first"
    SPREAD = "spread"


class MonthEnd(StrEnum):
    """Where the 31st goes in a shorter month: `clamp` comes back to the 31st, `roll` stays at the shorter day."""

    CLAMP = "clamp"
    ROLL = "roll"


class Parts(StrEnum):
    """What is rounded when a period is cut in parts: the interest of each part, or their sum."""

    EACH = "each"
    SUM = "sum"


class InterestOn(StrEnum):
    """What bears interest: the scheduled balance, or the principal really outstanding, late principal included."""

    SCHEDULED = "scheduled"
    OUTSTANDING = "outstanding"


@dataclass(frozen=True, slots=True)
class Conventions:
    """All conventions of one computation; the defaults are the platform's own. Units are yuan."""

    day_count: DayCount = DayCount.ACTUAL_365
    rounding: Rounding = Rounding.HALF_UP
    round_to: Decimal = FEN
    instalment_rounding: Rounding | None = None
    instalment_round_to: Decimal | None = None
    residue: Residue = Residue.LAST
    month_end: MonthEnd = MonthEnd.CLAMP
    parts: Parts = Parts.SUM
    interest_on: InterestOn = InterestOn.SCHEDULED

    def round(self, amount: Decimal) -> Decimal:
        """`amount` (yuan, unrounded) rounded as every amount is."""
        return round_money(amount, self.round_to, DECIMAL_ROUNDING[self.rounding])

    def rounder(self) -> Callable[[Decimal], Decimal]:
        """`round` for a loop: the convention looked up once."""
        mode = DECIMAL_ROUNDING[self.rounding]
        return (lambda amount: amount.quantize(FEN, mode)) if self.round_to == FEN else self.round

    def round_instalment(self, amount: Decimal) -> Decimal:
        """`amount` (yuan, unrounded) rounded as the level instalment is."""
        rounding = DECIMAL_ROUNDING[self.instalment_rounding or self.rounding]
        return round_money(amount, self.instalment_unit, rounding)

    @property
    def instalment_unit(self) -> Decimal:
        """The smallest unit of the level instalment, in yuan."""
        return self.instalment_round_to or self.round_to
