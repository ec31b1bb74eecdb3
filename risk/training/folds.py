"""Cross-validation: every row is scored by a model that has not seen it; what follows is measured on those scores."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold

FOLDS = 5
SEED = 20260101

# From the rows and outcomes of a fold's training part to a function that scores rows: the higher, the safer.
Fit = Callable[[pd.DataFrame, np.ndarray], Callable[[pd.DataFrame], np.ndarray]]


class Folds:
    """Scores that each row got from a model that had not seen it, and how well each fold did."""

    def __init__(self, bad: np.ndarray) -> None:
        self.bad = bad
        self.scores = np.zeros(len(bad))
        self.auc: list[float] = []
        self.ks: list[float] = []

    def add(self, rows: np.ndarray, scores: np.ndarray) -> None:
        """Keep the scores of one fold's unseen rows."""
        bad = self.bad[rows]
        self.scores[rows] = scores
        self.auc.append(roc_auc_score(bad, -scores))
        false_alarms, caught, _ = roc_curve(bad, -scores)
        self.ks.append(float((caught - false_alarms).max()))

    def metrics(self, line: dict[str, str]) -> dict[str, Any]:
        """AUC, KS, Gini, Brier and calibration, as the document of a model states them."""
        pd_of = self.pd_of(line)
        return {
            "folds": FOLDS,
            "auc_mean": f"{np.mean(self.auc):.4f}",
            "auc_deviation": f"{np.std(self.auc):.4f}",
            "ks_mean": f"{np.mean(self.ks):.4f}",
            "ks_deviation": f"{np.std(self.ks):.4f}",
            "gini_mean": f"{2 * np.mean(self.auc) - 1:.4f}",
            "brier": f"{brier_score_loss(self.bad, pd_of):.4f}",
            "bad_share": f"{self.bad.mean():.4f}",
            "calibration": _calibration(pd_of, self.bad),
        }

    def pd_of(self, line: dict[str, str]) -> np.ndarray:
        """The probability of default of each row."""
        return 1 / (1 + np.exp(-(float(line["intercept"]) + float(line["slope"]) * self.scores)))

    def line(self) -> dict[str, str]:
        """The line from score to log-odds of default that fits the unseen rows best (J. Platt, 1999)."""
        model = LogisticRegression(C=1e6, max_iter=1000, tol=1e-8)
        mean, deviation = self.scores.mean(), self.scores.std()
        model.fit(((self.scores - mean) / deviation).reshape(-1, 1), self.bad)
        slope = model.coef_[0][0] / deviation
        intercept = model.intercept_[0] - slope * mean
        return {"intercept": f"{intercept:.6f}", "slope": f"{slope:.6f}"}


def cross_validate(frame: pd.DataFrame, bad: np.ndarray, fit: Fit) -> Folds:
    """Fit and score fold by fold: stratified, shuffled with a fixed seed."""
    folds = Folds(bad)
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for seen, unseen in split.split(frame, bad):
        score = fit(frame.iloc[seen], bad[seen])
        folds.add(unseen, score(frame.iloc[unseen]))
    return folds


def _calibration(pd_of: np.ndarray, bad: np.ndarray) -> list[dict[str, str]]:
    """Expected against observed share of bad loans, by tenths of the rows from the safest on."""
    tenths = np.array_split(np.argsort(pd_of, kind="stable"), 10)
    return [{"expected": f"{pd_of[rows].mean():.4f}", "observed": f"{bad[rows].mean():.4f}"} for rows in tenths]
