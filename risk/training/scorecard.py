"""A points scorecard: monotone bins by optbinning, logistic regression on their weights of evidence, whole points.

Twenty points double the odds of being repaid; 600 points stand for odds of 50 to 1 in the training population. The line
from score to probability of default is fitted on cross-validated scores, so that it is not as optimistic as the fit.
The same data and library versions give the same file.
"""

from importlib.metadata import version as installed
from typing import Any

import numpy as np
import pandas as pd
from optbinning import BinningProcess
from optbinning import Scorecard as OptScorecard
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold

from risk import scoring
from risk.features import PROTECTED
from risk.training.credit_data import TrainingData

# More of a number may only mean this for the share of bad loans.
MONOTONE = {
    "employment_years": "descending",
    "amount_to_income": "ascending",
    "expenses_to_income": "ascending",
    "term_months": "ascending",
}
SCALE = {"pdo": 20, "odds": 50, "scorecard_points": 600}
FOLDS = 5
SEED = 20260101
LIBRARIES = ("optbinning", "scikit-learn", "numpy", "pandas", "ortools")


def train(*, name: str, version: int, data: TrainingData) -> dict[str, Any]:
    """The scorecard as its JSON document. Raises ValueError for protected features or a target of one class."""
    frame, bad = pd.DataFrame(data.rows), np.array(data.bad, dtype=int)
    if forbidden := PROTECTED & set(frame.columns):
        raise ValueError(f"protected attributes are never features: {sorted(forbidden)}")
    if len(set(data.bad)) < 2:
        raise ValueError("the target has only one class")
    folds = _cross_validate(frame, bad)
    line = _probability_line(folds.scores, bad)
    model = fit(frame, bad)
    document = {
        "name": name,
        "version": version,
        "scale": {
            "points_to_double_odds": SCALE["pdo"],
            "odds": SCALE["odds"],
            "at_points": SCALE["scorecard_points"],
        },
        "characteristics": [_characteristic(model, frame, feature) for feature in frame.columns],
        "pd": line,
        "metrics": folds.metrics(bad, line),
        "provenance": data.provenance,
        "libraries": {library: installed(library) for library in LIBRARIES},
    }
    return {**document, "digest": scoring.digest_of(document)}


def fit(frame: pd.DataFrame, bad: np.ndarray) -> OptScorecard:
    """The model on these rows."""
    columns = list(frame.columns)
    binning = BinningProcess(
        columns,
        categorical_variables=[column for column in columns if column not in MONOTONE],
        binning_fit_params={column: {"monotonic_trend": trend} for column, trend in MONOTONE.items()},
    )
    model = OptScorecard(
        binning_process=binning,
        estimator=LogisticRegression(C=1e6, max_iter=1000),
        scaling_method="pdo_odds",
        scaling_method_params=SCALE,
        rounding=True,
    )
    model.fit(frame, bad, metric_missing="empirical")
    _require_sense(model, columns)
    return model


def _require_sense(model: OptScorecard, columns: list[str]) -> None:
    """Raise ValueError when a feature's points run against its own evidence: it repeats what others already say."""
    against = [column for column, weight in zip(columns, model.estimator_.coef_[0], strict=True) if weight >= 0]
    if against:
        raise ValueError(f"points against the evidence, leave out: {against}")


def scores_of(model: OptScorecard, frame: pd.DataFrame) -> np.ndarray:
    """The trained model's own score of each row."""
    return model.score(frame).astype(int)


class _Folds:
    """Scores that each row got from a model that had not seen it, and how well each fold did."""

    def __init__(self, rows: int) -> None:
        self.scores = np.zeros(rows, dtype=int)
        self.auc: list[float] = []
        self.ks: list[float] = []

    def add(self, rows: np.ndarray, scores: np.ndarray, bad: np.ndarray) -> None:
        self.scores[rows] = scores
        self.auc.append(roc_auc_score(bad, -scores))
        false_alarms, caught, _ = roc_curve(bad, -scores)
        self.ks.append(float((caught - false_alarms).max()))

    def metrics(self, bad: np.ndarray, line: dict[str, str]) -> dict[str, Any]:
        pd_of = 1 / (1 + np.exp(-(float(line["intercept"]) + float(line["slope"]) * self.scores)))
        return {
            "folds": FOLDS,
            "auc_mean": f"{np.mean(self.auc):.4f}",
            "auc_deviation": f"{np.std(self.auc):.4f}",
            "ks_mean": f"{np.mean(self.ks):.4f}",
            "ks_deviation": f"{np.std(self.ks):.4f}",
            "gini_mean": f"{2 * np.mean(self.auc) - 1:.4f}",
            "brier": f"{brier_score_loss(bad, pd_of):.4f}",
            "bad_share": f"{bad.mean():.4f}",
            "calibration": _calibration(pd_of, bad),
        }


def _cross_validate(frame: pd.DataFrame, bad: np.ndarray) -> _Folds:
    folds = _Folds(len(bad))
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for seen, unseen in split.split(frame, bad):
        model = fit(frame.iloc[seen], bad[seen])
        folds.add(unseen, scores_of(model, frame.iloc[unseen]), bad[unseen])
    return folds


def _probability_line(scores: np.ndarray, bad: np.ndarray) -> dict[str, str]:
    line = LogisticRegression(C=1e6, max_iter=1000, tol=1e-8)
    centred = (scores - scores.mean()) / scores.std()
    line.fit(centred.reshape(-1, 1), bad)
    slope = line.coef_[0][0] / scores.std()
    intercept = line.intercept_[0] - slope * scores.mean()
    return {"intercept": f"{intercept:.6f}", "slope": f"{slope:.6f}"}


def _calibration(pd_of: np.ndarray, bad: np.ndarray) -> list[dict[str, str]]:
    """Expected against observed share of bad loans, by tenths of the rows from the safest on."""
    tenths = np.array_split(np.argsort(pd_of, kind="stable"), 10)
    return [{"expected": f"{pd_of[rows].mean():.4f}", "observed": f"{bad[rows].mean():.4f}"} for rows in tenths]


def _characteristic(model: OptScorecard, frame: pd.DataFrame, feature: str) -> dict[str, Any]:
    table = model.table(style="detailed")
    rows = table[table["Variable"] == feature].to_dict("records")
    ordinary = [row for row in rows if row["Bin"] is not None and str(row["Bin"]) not in ("Special", "Missing")]
    missing = next(row for row in rows if str(row["Bin"]) == "Missing")
    edges: list[Any] = list(model.binning_process_.get_binned_variable(feature).splits)
    bins = [_bin(row) for row in ordinary]
    if feature in MONOTONE:
        for entry, edge in zip(bins, [*map(float, edges), None], strict=True):
            entry["below"] = edge
    else:
        for entry, values in zip(bins, edges, strict=True):
            entry["values"] = sorted(map(str, values))
    average = sum(row["Points"] * row["Count"] for row in rows) / len(frame)
    return {"feature": feature, "bins": bins, "missing": _bin(missing), "mean_points": f"{average:.2f}"}


def _bin(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "points": int(row["Points"]),
        "rows": int(row["Count"]),
        "bad_share": f"{row['Event rate']:.4f}",
        "weight_of_evidence": f"{float(row['WoE']):.4f}",
    }
