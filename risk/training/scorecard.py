"""A points scorecard: monotone bins by optbinning, logistic regression on their weights of evidence, whole points.

Twenty points double the odds of being repaid; 600 points stand for odds of 50 to 1 in the training population. The line
from score to probability of default is fitted on cross-validated scores, so that it is not as optimistic as the fit.
The same data and library versions give the same file.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from optbinning import BinningProcess
from optbinning import Scorecard as OptScorecard
from sklearn.linear_model import LogisticRegression

from risk.training import SCALE
from risk.training.folds import Folds, cross_validate
from risk.training.sample import Sample

LIBRARIES: tuple[str, ...] = ("optbinning", "scikit-learn", "numpy", "pandas", "ortools")
_SCALING = {"pdo": SCALE["points_to_double_odds"], "odds": SCALE["odds"], "scorecard_points": SCALE["at_points"]}


def train(sample: Sample) -> tuple[dict[str, Any], Folds]:
    """What the document of a scorecard holds of its own, and the cross-validation.

    Raises ValueError when no column tells anything about the target.
    """
    model = fit(sample.frame, sample.bad, sample.trends)
    folds = cross_validate(sample.frame, sample.bad, lambda frame, bad: _scorer(fit(frame, bad, sample.trends)))
    columns = columns_of(model)
    table = model.table(style="detailed")
    own = {"characteristics": [_characteristic(model, table, column, sample) for column in columns]}
    return {**own, "pd": folds.line()}, folds


def fit(frame: pd.DataFrame, bad: np.ndarray, trends: Mapping[str, str]) -> OptScorecard:
    """The model on these rows, without the columns whose points would run against their own evidence: they repeat
    what others already say. Raises ValueError when none is left.
    """
    columns = list(frame.columns)
    while columns:
        model = _fit(frame[columns], bad, trends)
        weights = dict(zip(columns, model.estimator_.coef_[0], strict=True))
        worst = max(columns, key=lambda column: weights[column])
        if weights[worst] < 0:
            return model
        columns.remove(worst)
    raise ValueError("no column tells anything about the target: check that the right one was named as target")


def _fit(frame: pd.DataFrame, bad: np.ndarray, trends: Mapping[str, str]) -> OptScorecard:
    columns = list(frame.columns)
    binning = BinningProcess(
        columns,
        categorical_variables=[column for column in columns if column not in trends],
        binning_fit_params={column: {"monotonic_trend": trends[column]} for column in columns if column in trends},
    )
    model = OptScorecard(
        binning_process=binning,
        estimator=LogisticRegression(C=1e6, max_iter=1000),
        scaling_method="pdo_odds",
        scaling_method_params=_SCALING,
        rounding=True,
    )
    model.fit(frame, bad, metric_missing="empirical")
    return model


def columns_of(model: OptScorecard) -> list[str]:
    """The columns that the trained model kept, in the order of the data."""
    return list(model.binning_process_.variable_names)


def scores_of(model: OptScorecard, frame: pd.DataFrame) -> np.ndarray:
    """The trained model's own score of each row."""
    return model.score(frame[columns_of(model)]).astype(int)


def _scorer(model: OptScorecard) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda frame: scores_of(model, frame)


def _characteristic(model: OptScorecard, table: pd.DataFrame, column: str, sample: Sample) -> dict[str, Any]:
    rows = table[table["Variable"] == column].to_dict("records")
    ordinary = [row for row in rows if row["Bin"] is not None and str(row["Bin"]) not in ("Special", "Missing")]
    missing = next(row for row in rows if str(row["Bin"]) == "Missing")
    edges: list[Any] = list(model.binning_process_.get_binned_variable(column).splits)
    bins = [_bin(row) for row in ordinary]
    if column in sample.trends:
        for entry, edge in zip(bins, [*map(float, edges), None], strict=True):
            entry["below"] = edge
    else:
        for entry, values in zip(bins, edges, strict=True):
            entry["values"] = sorted(map(str, values))
    average = sum(row["Points"] * row["Count"] for row in rows) / len(sample.frame)
    return {"feature": column, "bins": bins, "missing": _bin(missing), "mean_points": f"{average:.2f}"}


def _bin(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "points": int(row["Points"]),
        "rows": int(row["Count"]),
        "bad_share": f"{row['Event rate']:.4f}",
        "weight_of_evidence": f"{float(row['WoE']):.4f}",
    }
