"""A gradient-boosted model served in plain Python: its trees are compiled once into one expression of comparisons.

A forest is a JSON document written by `manage.py train_model --kind gbm`. Nothing of it is executed but numbers: each
is read as a number before it is written into the expression. No Django, no database, no training library.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from risk.features import Feature
from risk.scoring import MOST_REASONS, Score, Scorecard, probability, reason_code

NAN = float("nan")
Step = tuple[int, float]  # a feature's place, and what one turn of the tree adds to the raw score on its account


@dataclass(frozen=True)
class Column:
    """One input: a number, or a category by its place in the list of those that training saw."""

    feature: str
    categories: Mapping[str, int] | None

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.categories is None

    def code_of(self, value: Feature) -> float:
        """The number that the trees compare."""
        if value is None:
            return NAN
        return float(value) if self.categories is None else self.categories.get(str(value), NAN)


@dataclass(frozen=True)
class Forest:
    """Trees whose leaves add up to a raw score; a line turns that into log-odds of default, and those into points."""

    name: str
    version: int
    digest: str
    columns: tuple[Column, ...]
    values: tuple[float, ...]
    paths: tuple[tuple[Step, ...], ...]
    leaves_of: Callable[[Sequence[float]], tuple[int, ...]]
    intercept: float
    slope: float
    points_per_log_odds: float
    points_at_even_odds: float

    @property
    def label(self) -> str:
        """Name and version, as decisions store it."""
        return f"{self.name}-{self.version}"

    def raw(self, features: Mapping[str, Feature]) -> float:
        """The sum of the leaves, as the trained model gives it. Raises KeyError when a feature is absent."""
        return self._sum(self._leaves(features))

    def evaluate(self, features: Mapping[str, Feature]) -> Score:
        """Points and probability of default of one applicant's features. Raises KeyError when one is absent."""
        leaves = self._leaves(features)
        log_odds = Decimal(self.intercept + self.slope * self._sum(leaves)).quantize(Decimal("0.000001"))
        points = round(self.points_at_even_odds - self.points_per_log_odds * float(log_odds))
        return Score(points, probability(log_odds), self._reasons(leaves))

    def points(self, features: Mapping[str, Feature]) -> dict[str, int]:
        """What each feature gives or takes against the average applicant, in points. Raises KeyError."""
        costs = self._costs(self._leaves(features))
        worth = -self.slope * self.points_per_log_odds
        return {column.feature: round(worth * cost) for column, cost in zip(self.columns, costs, strict=True)}

    def _leaves(self, features: Mapping[str, Feature]) -> tuple[int, ...]:
        return self.leaves_of([column.code_of(features[column.feature]) for column in self.columns])

    def _sum(self, leaves: tuple[int, ...]) -> float:
        # fsum rounds once, so the sum does not hang on the order of the trees or the version of Python.
        return math.fsum(map(self.values.__getitem__, leaves))

    def _reasons(self, leaves: tuple[int, ...]) -> tuple[str, ...]:
        """Reason codes of the features that raised the risk most against the average applicant, dearest first."""
        costs = self._costs(leaves)
        dearest = sorted((-cost, self.columns[place].feature) for place, cost in enumerate(costs) if cost > 0)
        return tuple(reason_code(feature) for _cost, feature in dearest[:MOST_REASONS])

    def _costs(self, leaves: tuple[int, ...]) -> list[float]:
        """What each column added to the raw score.

        What a feature adds is the sum, over all turns that trees take on it, of the change of the mean raw score from
        a node to the next (A. Saabas, "Interpreting random forests", 2014).
        """
        costs = [0.0] * len(self.columns)
        for leaf in leaves:
            for place, cost in self.paths[leaf]:
                costs[place] += cost
        return costs


Model = Scorecard | Forest  # what a decision can be scored by


def from_document(document: Mapping[str, Any]) -> Forest:
    """The forest that a JSON document describes."""
    columns = tuple(map(_column, document["columns"]))
    planted = _Planting()
    source = ", ".join(planted.expression(tree, ()) for tree in document["trees"])
    names = ", ".join(f"v{place}" for place in range(len(columns)))
    code: dict[str, Any] = {}
    # Nothing but numbers and our own words stands in the source.
    exec(f"def leaves_of(row):\n    {names}, = row\n    return ({source},)", {}, code)  # noqa: S102
    scale, line = document["scale"], document["pd"]
    per_log_odds = scale["points_to_double_odds"] / math.log(2)
    return Forest(
        name=document["name"],
        version=document["version"],
        digest=document["digest"],
        columns=columns,
        values=tuple(planted.values),
        paths=tuple(planted.paths),
        leaves_of=code["leaves_of"],
        intercept=float(line["intercept"]),
        slope=float(line["slope"]),
        points_per_log_odds=per_log_odds,
        points_at_even_odds=scale["at_points"] - per_log_odds * math.log(scale["odds"]),
    )


def _column(entry: Mapping[str, Any]) -> Column:
    categories = entry.get("categories")
    return Column(
        entry["feature"], None if categories is None else {value: place for place, value in enumerate(categories)}
    )


class _Planting:
    """Turns trees into nested conditional expressions; gathers each leaf's value and the steps that lead to it."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.paths: list[tuple[Step, ...]] = []

    def expression(self, node: Mapping[str, Any], path: tuple[Step, ...]) -> str:
        """The expression that gives the place of the leaf into which a row falls."""
        if "feature" not in node:
            self.values.append(float(node["value"]))
            self.paths.append(path)
            return str(len(self.values) - 1)
        turns = [
            self.expression(node[side], (*path, (int(node["feature"]), float(node[side]["value"] - node["value"]))))
            for side in ("left", "right")
        ]
        return f"({turns[0]} if {_question(node)} else {turns[1]})"


def _question(node: Mapping[str, Any]) -> str:
    """What sends a row to the left. What is missing answers no comparison, and is among nothing."""
    value = f"v{int(node['feature'])}"
    if "among" in node:
        return f"{value} in {{{', '.join(str(int(code)) for code in node['among'])}}}"
    limit = repr(float(node["up_to"]))
    return f"not {value} > {limit}" if node["missing_left"] else f"{value} <= {limit}"
