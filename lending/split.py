"""A total in parts that add up to it: between funders, components, accounts. No Django, no clock."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from core.money import FEN, ZERO, round_money


class SplitRule(StrEnum):
    """Who takes the remainder: the parts with the largest remainders (ties to the first), or the last part."""

    LARGEST_REMAINDER = "largest_remainder"
    LAST_TAKES_REST = "last_takes_rest"


def split(
    total: Decimal,
    weights: Sequence[Decimal],
    *,
    unit: Decimal = FEN,
    rule: SplitRule = SplitRule.LAST_TAKES_REST,
    history: Sequence[Decimal] = (),
) -> list[Decimal]:
    """The parts of `total` (yuan) by `weights`; they add up to it exactly.

    With `history` (the totals split before, in order) the running totals are split and the differences returned, so
    that no part ever drifts by more than a unit. A negative total (a reversal) is split like its opposite.
    """
    before = sum(history, ZERO)
    if not history:
        return _split_once(total, weights, unit, rule)
    now = _split_once(before + total, weights, unit, rule)
    then = _split_once(before, weights, unit, rule)
    return [part - earlier for part, earlier in zip(now, then, strict=True)]


def _split_once(total: Decimal, weights: Sequence[Decimal], unit: Decimal, rule: SplitRule) -> list[Decimal]:
    if total < 0:
        return [-part for part in _split_once(-total, weights, unit, rule)]
    if rule is SplitRule.LAST_TAKES_REST:
        return _last_takes_rest(total, weights, unit)
    return _largest_remainder(total, weights, unit)


def _last_takes_rest(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """All but the last rounded half-up, never more than is left; the last takes the rest."""
    whole, left = sum(weights), total
    parts = []
    for weight in weights[:-1]:
        part = min(left, round_money(total * weight / whole, unit))
        parts.append(part)
        left -= part
    return [*parts, left]


def _largest_remainder(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """All rounded down; the units left over go to the largest remainders, ties to the first."""
    whole = sum(weights)
    parts = [round_money(total * weight / whole, unit, ROUND_FLOOR) for weight in weights]
    remainders = [total * weight - part * whole for weight, part in zip(weights, parts, strict=True)]
    left = total - sum(parts)
    for index in sorted(range(len(parts)), key=lambda index: (-remainders[index], index)):
        part = min(left, unit)
        parts[index] += part
        left -= part
    return parts
