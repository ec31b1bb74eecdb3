"""How rare an application is: the least likely pair of its answers, in bits. Pure; no training library.

Each feature is put in a bin; for every two features a table says how much less often their bins occur together in the
training population than if one told nothing of the other: log2 of expected by observed, each with half a row more,
"surprise". The rarity is the greatest surprise among the pairs. It is learnt without knowing anybody's outcome.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from risk.features import Feature
from risk.scoring import ScorecardAltered, digest_of

RARITIES = Path(__file__).parent / "rarities"
_MISSING = "missing"
Bin = int | str


@dataclass(frozen=True)
class Rare:
    """How rare (bits), and by which two features."""

    bits: float
    pair: tuple[str, str]


@dataclass(frozen=True)
class Rarity:
    """The bins of each feature, and for each pair the surprise of two bins; none of a bin that training never saw."""

    label: str
    digest: str
    edges: Mapping[str, tuple[float, ...]]  # of numbers; a category is a bin of its own
    pairs: tuple[tuple[str, str, Mapping[tuple[Bin, Bin], float]], ...]

    def evaluate(self, features: Mapping[str, Feature]) -> Rare:
        """The rarest pair of one application. Raises KeyError when a feature is absent."""
        bins = {name: self.bin_of(name, features[name]) for name in self.edges}
        surprises = [
            (table.get((bins[first], bins[second]), 0.0), first, second) for first, second, table in self.pairs
        ]
        bits, first, second = max(surprises)
        return Rare(bits, (first, second))

    def bin_of(self, name: str, value: Feature) -> Bin:
        """The bin of a feature's value: of a number its place among the edges, of a word the word itself."""
        if value is None:
            return _MISSING
        return value if isinstance(value, str) else bisect_right(self.edges[name], value)


@cache
def load(label: str) -> Rarity:
    """The tables with this label. Raises FileNotFoundError, or ScorecardAltered when the digest does not fit."""
    document = json.loads((RARITIES / f"{label}.json").read_text())
    if digest_of(document) != document["digest"]:
        raise ScorecardAltered(f"{label}.json was altered after training: train again under a new version")
    return from_document(document)


def from_document(document: Mapping[str, Any]) -> Rarity:
    """The tables that a JSON document describes."""
    pairs = tuple(
        (pair["first"], pair["second"], {(row[0], row[1]): float(row[2]) for row in pair["surprise"]})
        for pair in document["pairs"]
    )
    return Rarity(
        label=f"{document['name']}-{document['version']}",
        digest=document["digest"],
        edges={name: tuple(edges) for name, edges in document["edges"].items()},
        pairs=pairs,
    )
