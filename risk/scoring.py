"""The scorecard: a table of points evaluated in plain Python. No Django, no database, no training library.

A scorecard is a JSON file in risk/scorecards/, written by `manage.py train_scorecard`. Its digest is over everything
else in it, so an altered file is refused; a decision stores the digest it was made with.
"""

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any

from risk.features import Feature

SCORECARDS = Path(__file__).parent / "scorecards"
MOST_REASONS = 4
PD_PLACES = Decimal("0.000001")


class ScorecardAltered(Exception):
    """The scorecard's file is not what training wrote."""


@dataclass(frozen=True)
class Characteristic:
    """One feature's column of the table: bins and their points.

    A number falls in bin i when edges[i-1] <= value < edges[i]; a category is looked up. `mean_points` is the average
    of the training population: falling below it is a reason.
    """

    feature: str
    edges: tuple[float, ...]
    categories: Mapping[str, int]
    points: tuple[int, ...]
    missing_points: int
    mean_points: Decimal
    is_numeric: bool

    def points_of(self, value: Feature) -> int:
        """The points of one value; those of a missing value for None and for a category never seen."""
        if value is None:
            return self.missing_points
        if isinstance(value, str):
            place = self.categories.get(value)
            return self.missing_points if place is None else self.points[place]
        return self.points[bisect_right(self.edges, value)]


@dataclass(frozen=True)
class Scorecard:
    """A trained table of points, with the line that turns a score into a probability of default."""

    name: str
    version: int
    digest: str
    characteristics: tuple[Characteristic, ...]
    pd_intercept: Decimal
    pd_slope: Decimal

    @property
    def label(self) -> str:
        """Name and version, as decisions store it."""
        return f"{self.name}-{self.version}"

    @property
    def columns(self) -> "tuple[Characteristic, ...]":
        """Its inputs."""
        return self.characteristics

    def evaluate(self, features: Mapping[str, Feature]) -> "Score":
        """Points and probability of default of one applicant's features. Raises KeyError when one is absent."""
        points = {column.feature: column.points_of(features[column.feature]) for column in self.characteristics}
        total = sum(points.values())
        return Score(total, _pd_of_points(self.pd_intercept, self.pd_slope, total), self._reasons(points))

    def points(self, features: Mapping[str, Feature]) -> dict[str, int]:
        """The points of each feature. Raises KeyError when one is absent."""
        return {column.feature: column.points_of(features[column.feature]) for column in self.characteristics}

    def _reasons(self, points: Mapping[str, int]) -> tuple[str, ...]:
        """Reason codes of the features that cost most against the average applicant, dearest first."""
        shortfalls = [(column.mean_points - points[column.feature], column.feature) for column in self.characteristics]
        dearest = sorted((pair for pair in shortfalls if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
        return tuple(reason_code(feature) for _, feature in dearest[:MOST_REASONS])


@dataclass(frozen=True)
class Score:
    """Points (higher is safer), probability of default (six places), and up to four reasons for not more points."""

    points: int
    pd: Decimal
    reasons: tuple[str, ...]


def reason_code(feature: str) -> str:
    """The reason code of a feature that cost points, e.g. `SCORE_EMPLOYMENT_YEARS`."""
    return "SCORE_" + re.sub(r"\W+", "_", feature.upper()).strip("_")


@cache
def load(label: str) -> Scorecard:
    """The scorecard with this label. Raises FileNotFoundError, or ScorecardAltered when its digest does not fit."""
    document = json.loads((SCORECARDS / f"{label}.json").read_text())
    if digest_of(document) != document["digest"]:
        raise ScorecardAltered(f"{label}.json was altered after training: train again under a new version")
    return from_document(document)


def from_document(document: Mapping[str, Any]) -> Scorecard:
    """The scorecard that a JSON document describes."""
    return Scorecard(
        name=document["name"],
        version=document["version"],
        digest=document["digest"],
        characteristics=tuple(_characteristic(column) for column in document["characteristics"]),
        pd_intercept=Decimal(document["pd"]["intercept"]),
        pd_slope=Decimal(document["pd"]["slope"]),
    )


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over the document without its own digest."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def signed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its digest, by which any later change of it is noticed."""
    return {**document, "digest": digest_of(document)}


def _characteristic(column: Mapping[str, Any]) -> Characteristic:
    bins = column["bins"]
    return Characteristic(
        feature=column["feature"],
        edges=tuple(entry["below"] for entry in bins if entry.get("below") is not None),
        categories={value: place for place, entry in enumerate(bins) for value in entry.get("values", [])},
        points=tuple(entry["points"] for entry in bins),
        missing_points=column["missing"]["points"],
        mean_points=Decimal(column["mean_points"]),
        is_numeric="below" in bins[0],
    )


@cache
def _pd_of_points(intercept: Decimal, slope: Decimal, points: int) -> Decimal:
    with localcontext(prec=28):
        return probability(intercept + slope * points)


def probability(log_odds: Decimal) -> Decimal:
    """1 / (1 + e^-log_odds) with six places, in decimals: the same digits on every machine."""
    with localcontext(prec=28):
        return (1 / (1 + (-log_odds).exp())).quantize(PD_PLACES)
