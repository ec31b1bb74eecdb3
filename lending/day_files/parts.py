"""A funder's part of an amount, as lending.split makes it, in whole fen: fast enough for every instalment of a million
loans. No Django."""

from collections.abc import Sequence
from dataclasses import dataclass

ONE = 10**10  # weights are in units of a share's last place


@dataclass(frozen=True, slots=True)
class Weights:
    """All funders' weights in their order, adding up to ONE, and the place of the one whose part is asked."""

    all: Sequence[int]
    place: int

    def part(self, total: int) -> int:
        """Its part of `total` fen: each funder but the last rounded half up, the last takes what is left (domain rules,
        Joint split). A negative total is split like its opposite."""
        if total < 0:
            return -self.part(-total)
        left = total
        for weight in self.all[: self.place]:
            left -= min(left, _rounded(total, weight))
        return left if self.place == len(self.all) - 1 else min(left, _rounded(total, self.all[self.place]))


class Running:
    """Parts of amounts that come one after the other: the running total is split, so that no part drifts."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._total = self._part = 0

    def add(self, amount: int) -> int:
        """The part of the next amount, fen."""
        self._total += amount
        before, self._part = self._part, self._weights.part(self._total)
        return self._part - before


def _rounded(total: int, weight: int) -> int:
    return (2 * total * weight + ONE) // (2 * ONE)


def spread(part: int, wholes: Sequence[int]) -> list[int]:
    """A funder's `part` of the sum of `wholes`, laid on each of them in proportion; the last takes what is left."""
    total, reached = sum(wholes), 0
    laid: list[int] = []
    for whole in wholes[:-1]:
        reached += whole
        laid.append(part * reached // total - sum(laid) if total else 0)
    return [*laid, part - sum(laid)]
