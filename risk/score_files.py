"""Scoring a CSV file with a model version: one line out for each row in, in the same order."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from risk import tables
from risk.features import Feature
from risk.forest import Model
from risk.scoring import MOST_REASONS
from risk.tables import TableError

HEADER = ["score", "pd", *(f"reason_{number}" for number in range(1, MOST_REASONS + 1))]


def score(*, model: Model, data: Path, out: Path) -> tuple[int, Counter[str]]:
    """Write score, pd and up to four reason codes of each row of `data` to `out`, which appears only when all is done.

    Returns how many rows there were, and in how many of them each column had a word that training never saw (it
    counts as missing). Raises TableError: no table, columns missing, a word among numbers.
    """
    unseen: Counter[str] = Counter()
    rows = 0
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with tables.opened(data) as (names, lines), unfinished.open("w", newline="", encoding="utf-8") as file:
            _require_columns(model, names, data)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for features in _features(model, names, lines):
                rows += 1
                unseen.update(_never_seen(model, features))
                found = model.evaluate(features)
                reasons = [*found.reasons, *[""] * MOST_REASONS][:MOST_REASONS]
                writer.writerow([found.points, found.pd, *reasons])
        unfinished.replace(out)
    except OSError as error:
        raise TableError(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return rows, unseen


def _require_columns(model: Model, names: list[str], data: Path) -> None:
    if missing := [column.feature for column in model.columns if column.feature not in names]:
        raise TableError(f"{data.name} lacks columns that {model.label} needs: {', '.join(missing)}.")


def _features(model: Model, names: list[str], lines: Iterator[list[str]]) -> Iterator[dict[str, Feature]]:
    places = [(column.feature, names.index(column.feature), column.is_numeric) for column in model.columns]
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            raise TableError(f"Row {number} has {len(line)} cells, but there are {len(names)} columns.")
        features: dict[str, Feature] = {}
        for feature, place, numeric in places:
            try:
                features[feature] = tables.cell(line[place], numeric=numeric)
            except ValueError:
                raise TableError(f"Row {number}: {feature} is {line[place]!r}, but must be a number.") from None
        yield features


def _never_seen(model: Model, features: dict[str, Feature]) -> list[str]:
    words = (column for column in model.columns if not column.is_numeric and features[column.feature] is not None)
    return [column.feature for column in words if features[column.feature] not in (column.categories or {})]
