"""The level instalment (or level principal), and who takes the residue of rounding it. No Django, no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO
from lending.conventions import Conventions, Residue
from lending.interest import Factor


@dataclass(frozen=True, slots=True)
class Level:
    """What every instalment pays, and what the first of them pays instead when it takes the residue (yuan)."""

    every: Decimal
    first: Decimal


def level_instalment(debt: Decimal, factors: list[Factor]) -> Decimal:
    """The unrounded level instalment that repays `debt`, due with its interest now, over now and one period a factor.

    With real days: A = P·Π(1+rf)/fn, fn(1) = 1, fn(k) = 1 + fn(k-1)·(1+rf(k)) (domain rules).
    """
    grown, count = debt, Decimal(1)
    for factor in factors:
        growth = 1 + factor.over / factor.under
        grown *= growth
        count = 1 + count * growth
    return grown / count


def choose_instalment(balance: Decimal, interest: Decimal, factors: list[Factor], conventions: Conventions) -> Level:
    """The level instalment, rounded, for `balance` with unrounded `interest` due now and one more period a factor."""
    exact = level_instalment(balance + interest, factors)
    level = conventions.round_instalment(exact)
    if conventions.residue is Residue.LAST or not factors:
        return Level(level, level)
    billed = conventions.round(interest)

    def last(first: Decimal, others: Decimal) -> Decimal:
        return _last_instalment(balance, billed, first, others, factors, conventions)

    growth, count = Decimal(1), Decimal(1)
    for factor in factors:
        growth *= 1 + factor.value
        count = 1 + count * (1 + factor.value)
    missing = last(level, level) - level
    if conventions.residue is Residue.SPREAD:
        unit = conventions.instalment_unit
        shift = _best_shift(missing / count, unit, lambda x: last(level + x, level + x) - level - x)
        return Level(level + shift, level + shift)
    shift = _best_shift(missing / growth, conventions.round_to, lambda x: last(level + x, level) - level)
    return Level(level, level + shift)


def choose_principal(balance: Decimal, count: int, conventions: Conventions) -> Level:
    """The level principal, rounded, that repays `balance` in `count` instalments."""
    level = conventions.round_instalment(balance / count)
    if conventions.residue is Residue.FIRST:
        return Level(level, max(ZERO, balance - level * (count - 1)))
    if conventions.residue is Residue.SPREAD:
        unit = conventions.instalment_unit
        level += _best_shift(balance / count - level, unit, lambda x: balance - (level + x) * count)
    return Level(level, level)


def _last_instalment(
    balance: Decimal,
    interest: Decimal,
    first: Decimal,
    others: Decimal,
    factors: list[Factor],
    conventions: Conventions,
) -> Decimal:
    """What is left for the last instalment when the first pays `first` and the others `others`."""
    paid = first
    for factor in factors:
        balance -= min(balance, max(ZERO, paid - interest))
        interest = conventions.round(factor.on(balance))
        paid = others
    return balance + interest


def _best_shift(about: Decimal, unit: Decimal, difference: Callable[[Decimal], Decimal]) -> Decimal:
    """The multiple of `unit` near `about` with the smallest difference; on a tie, the smaller shift."""
    middle = int((about / unit).to_integral_value())
    candidates = {steps * unit for steps in (0, *range(middle - 2, middle + 3))}
    return min(candidates, key=lambda shift: (abs(difference(shift)), abs(shift), shift))
