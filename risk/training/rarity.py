"""Tables of how rare pairs of answers are (risk/rarity.py), counted from applications without looking at their ends."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from risk.features import Feature
from risk.rarity import Bin, Rarity, from_document
from risk.training.folds import FOLDS, SEED
from risk.training.sample import Sample

BINS = 8
RARE = 0.98  # of the applications are less rare than the rare ones


def train(sample: Sample) -> dict[str, Any]:
    """The tables of all rows, and how rows that were not counted are found by them."""
    return {**tables(sample.frame), "metrics": _metrics(sample), "provenance": sample.provenance}


def tables(frame: pd.DataFrame) -> dict[str, Any]:
    """Edges of the bins, and the surprise of each two bins."""
    edges = {str(name): _edges(frame[name]) for name in frame}
    empty = Rarity("", "", {name: tuple(given) for name, given in edges.items()}, ())
    bins = {name: [empty.bin_of(name, value) for value in values_of(frame[name])] for name in edges}
    pairs = [
        {"first": first, "second": second, "surprise": list(_surprises(bins[first], bins[second]))}
        for first, second in combinations(edges, 2)
    ]
    return {"edges": edges, "pairs": pairs}


def values_of(column: pd.Series) -> list[Feature]:
    """A column's values as features: floats or words, None where missing."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def rarities(trained: Rarity, frame: pd.DataFrame) -> np.ndarray:
    """The bits of each row."""
    columns = {str(name): values_of(frame[name]) for name in frame}
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return np.array([trained.evaluate(row).bits for row in rows])


def _edges(column: pd.Series) -> list[float]:
    """Between bins of about equal size; none of a column of words."""
    if not pd.api.types.is_numeric_dtype(column):
        return []
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    return sorted({round(float(edge), 4) for edge in column.quantile(inner)})


def _surprises(first: list[Bin], second: list[Bin]) -> Iterator[list[Any]]:
    alone, beside, together = Counter(first), Counter(second), Counter(zip(first, second, strict=True))
    for one in sorted(alone, key=str):
        for other in sorted(beside, key=str):
            expected = alone[one] * beside[other] / len(first)
            yield [one, other, f"{math.log2((expected + 0.5) / (together[one, other] + 0.5)):.2f}"]


def _metrics(sample: Sample) -> dict[str, Any]:
    """Of the rarest fiftieth, by tables that had not counted them: from how many bits on, and how many went bad."""
    bits = np.zeros(len(sample.frame))
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=SEED).split(sample.frame):
        document = {"name": "", "version": 0, "digest": "", **tables(sample.frame.iloc[seen])}
        bits[unseen] = rarities(from_document(document), sample.frame.iloc[unseen])
    least = float(np.quantile(bits, RARE))
    rare = bits >= least
    return {
        "folds": FOLDS,
        "rare_from": f"{least:.2f}",
        "rare_share": f"{rare.mean():.4f}",
        "rare_bad_share": f"{sample.bad[rare].mean():.4f}",
        "bad_share": f"{sample.bad.mean():.4f}",
    }
