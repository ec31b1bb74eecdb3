"""From any CSV file with a target column to a sample: which columns are numbers, which words, which cannot be used."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from risk import tables
from risk.protected import is_protected
from risk.tables import TableError
from risk.training import leakage
from risk.training.folds import FOLDS
from risk.training.sample import EITHER_WAY, Sample

FEWEST_OF_A_CLASS = 4 * FOLDS
MOST_CATEGORIES = 50
TRENDS = {
    **dict.fromkeys(("ascending", "increasing", "1", "+1"), "ascending"),
    **dict.fromkeys(("descending", "decreasing", "-1"), "descending"),
    **dict.fromkeys(("auto", "0"), EITHER_WAY),
}
BAD = frozenset({"bad", "default", "defaulted", "yes", "y", "true", "t", "charged off", "坏", "违约", "是", "逾期"})


def read(
    path: Path,
    *,
    target: str,
    exclude: Sequence[str],
    monotone: Path | None,
    reasons: Mapping[str, str],
    bad: str | None,
) -> Sample:
    """The sample in a file. `reasons` says, by column, why a protected attribute is used all the same; `bad` is the
    target's value of the bad loans, where it is not clear by itself.

    Raises TableError for everything that stands in the way, saying what to do.
    """
    frame = _text(path)
    _require_columns(frame, path, [target, *exclude, *reasons])
    frame = frame[frame[target].notna()]
    bad_value, outcome = _outcome(frame.pop(target), target, bad)
    usable = frame.drop(columns=[column for column in exclude if column in frame])
    _refuse_protected(usable, reasons)
    bystanders = frame[[column for column in frame if is_protected(column)]]
    features, left_out = _features(usable)
    trends = {column: EITHER_WAY for column in features if pd.api.types.is_numeric_dtype(features[column])}
    trends |= _monotone(monotone, features)
    if features.columns.empty:
        raise TableError(f"{path.name} has no column to learn from but {target}.")
    provenance = {
        "data": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(frame),
        "target": target,
        "bad_value": bad_value,
        "left_out": {**dict.fromkeys(exclude, "excluded by whoever trained"), **left_out},
        "protected": dict(reasons),
    }
    warnings = leakage.warnings(features, outcome, usable)
    return Sample(features, outcome, trends, provenance, bystanders.map(_plain), warnings)


def _text(path: Path) -> pd.DataFrame:
    with tables.opened(path):  # its names are in order
        pass
    try:
        frame = pd.read_csv(
            path,
            sep=tables.delimiter_of(path),
            encoding=tables.encoding_of(path),
            dtype=object,
            na_values=sorted(tables.MISSING),
            keep_default_na=False,
            skipinitialspace=True,
            index_col=False,
            on_bad_lines="error",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(f"{path.name} is no proper CSV: {error}") from None
    frame.columns = frame.columns.str.strip()
    return frame.map(_plain)


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else None


def _require_columns(frame: pd.DataFrame, path: Path, wanted: Sequence[str]) -> None:
    if unknown := [column for column in wanted if column not in frame]:
        raise TableError(
            f"{path.name} has no column {', '.join(unknown)}. Its columns are: {', '.join(frame.columns)}."
        )


def _outcome(values: pd.Series, target: str, bad: str | None) -> tuple[str, np.ndarray]:
    """The target's value of a bad loan; and 1 for each bad loan, 0 for each good one."""
    found = sorted(values.unique())
    if len(found) < 2:
        raise TableError(f"The target {target} has only one class ({', '.join(found) or 'no value'}): both are needed.")
    if len(found) > 2:
        shown = ", ".join(found[:6])
        raise TableError(f"The target {target} has {len(found)} values ({shown} …): it must have two, good and bad.")
    bad_value = _bad_value(found, target, bad)
    outcome = (values == bad_value).to_numpy(dtype=int)
    if min(outcome.sum(), len(outcome) - outcome.sum()) < FEWEST_OF_A_CLASS:
        raise TableError(
            f"Only {outcome.sum()} of {len(outcome)} rows are bad: at least {FEWEST_OF_A_CLASS} bad and as many good "
            "ones are needed to learn and to check from."
        )
    return bad_value, outcome


def _bad_value(found: list[str], target: str, bad: str | None) -> str:
    if bad is not None:
        if bad not in found:
            raise TableError(f"The target {target} never is {bad}; its values are {' and '.join(found)}.")
        return bad
    named = [value for value in found if value.lower() in BAD]
    if len(named) == 1:
        return named[0]
    try:
        return max(found, key=float)
    except ValueError:
        raise TableError(
            f"Which value of {target} means a bad loan, {found[0]} or {found[1]}? Say it with --bad."
        ) from None


def _refuse_protected(frame: pd.DataFrame, reasons: Mapping[str, str]) -> None:
    if found := [column for column in frame if is_protected(column) and column not in reasons]:
        raise TableError(
            f"Protected attributes may not decide: {', '.join(found)}. Leave them out (--exclude {' '.join(found)}) "
            f"or, if the law lets you, say why each is used (--protected '{found[0]}=REASON')."
        )


def _features(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns that a model can learn from, as floats or words, and why the others are none."""
    columns: dict[str, pd.Series] = {}
    left_out: dict[str, str] = {}
    for name, values in frame.items():
        known = values.dropna()
        numbers = pd.to_numeric(known, errors="coerce")
        is_numeric = bool(len(known)) and bool(np.isfinite(numbers.astype(float)).all())
        if known.nunique() < 2:
            left_out[str(name)] = "it never changes"
        elif is_numeric and known.nunique() == len(frame) > 50 and numbers.is_monotonic_increasing:
            left_out[str(name)] = "a running number"
        elif is_numeric:
            columns[str(name)] = pd.to_numeric(values, errors="coerce").astype(float)
        elif leakage.is_dates(known):
            left_out[str(name)] = "a date: give the time that passed instead"
        elif known.nunique() > MOST_CATEGORIES:
            left_out[str(name)] = f"{known.nunique()} different words: a name or a number of a thing, no category"
        else:
            columns[str(name)] = values
    return pd.DataFrame(columns, index=frame.index), left_out


def _monotone(path: Path | None, features: pd.DataFrame) -> dict[str, str]:
    """Trends from a JSON file like {"income": "descending"}: what more of it may do to the share of bad loans."""
    if path is None:
        return {}
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path} is no JSON file: {error}.") from None
    if not isinstance(given, dict):
        raise TableError(f'{path} must look like {{"income": "descending", "debts": "ascending"}}.')
    for column, trend in given.items():
        if column not in features or not pd.api.types.is_numeric_dtype(features[column]):
            raise TableError(f"{path.name} names {column}, which is no column of numbers to learn from.")
        if str(trend) not in TRENDS:
            raise TableError(f"{path.name} wants {column} to be {trend}: say ascending, descending or auto.")
    return {column: TRENDS[str(trend)] for column, trend in given.items()}
