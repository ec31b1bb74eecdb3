"""Gradient-boosted trees by LightGBM: no more rounds than pay on unseen rows, numbers monotone in their trend.

The trees are written down as plain data, which risk/forest.py serves without LightGBM. The same data, seed and
library versions give the same file, with any number of threads.
"""

from collections.abc import Callable, Mapping
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from risk.training.folds import FOLDS, SEED, Folds, cross_validate
from risk.training.sample import Sample

LIBRARIES: tuple[str, ...] = ("lightgbm", "scikit-learn", "numpy", "pandas")
MOST_ROUNDS = 300
PATIENCE = 30
_SIGNS = {"ascending": 1, "descending": -1}


def train(sample: Sample) -> tuple[dict[str, Any], Folds]:
    """What the document of a forest holds of its own, and the cross-validation."""
    coder = Coder(sample.frame)
    booster = fit(sample.frame, sample.bad, sample.trends, coder)
    folds = cross_validate(
        sample.frame, sample.bad, lambda frame, bad: _scorer(fit(frame, bad, sample.trends, coder), coder)
    )
    line = folds.line()
    return {
        "columns": [_column(coder, column, sample.trends) for column in sample.frame.columns],
        "trees": [_node(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]],
        # Folds are scored from risky to safe; the forest adds up risk.
        "pd": {"intercept": line["intercept"], "slope": f"{-float(line['slope']):.6f}"},
    }, folds


def fit(frame: pd.DataFrame, bad: np.ndarray, trends: Mapping[str, str], coder: "Coder") -> lightgbm.Booster:
    """The model on these rows; how many rounds pay is found by a cross-validation within them."""
    parameters = _parameters(frame, bad, trends)
    data = lightgbm.Dataset(
        coder.codes(frame), label=bad, categorical_feature=coder.categorical, params={"verbosity": -1}
    )
    history = lightgbm.cv(
        parameters,
        data,
        num_boost_round=MOST_ROUNDS,
        nfold=FOLDS,
        stratified=True,
        seed=SEED,
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return lightgbm.train(parameters, data, num_boost_round=len(history["valid binary_logloss-mean"]))


def raw_of(booster: lightgbm.Booster, frame: pd.DataFrame, coder: "Coder") -> np.ndarray:
    """The trained model's own raw score of each row."""
    return booster.predict(coder.codes(frame), raw_score=True)


def _scorer(booster: lightgbm.Booster, coder: "Coder") -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda frame: -raw_of(booster, frame, coder)


def _parameters(frame: pd.DataFrame, bad: np.ndarray, trends: Mapping[str, str]) -> dict[str, Any]:
    smallest = max(10, len(frame) // 200)
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.1,
        "num_leaves": 12,
        "max_depth": 5,
        "min_data_in_leaf": smallest,
        "min_data_per_group": smallest,
        "feature_fraction": 0.7,
        "lambda_l2": 5.0,
        "monotone_constraints": [_sign(frame[column], bad, trends.get(column)) for column in frame.columns],
        "monotone_constraints_method": "intermediate",
        "seed": SEED,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _sign(values: pd.Series, bad: np.ndarray, trend: str | None) -> int:
    """+1 when more of a number may only raise the risk, -1 when it may only lower it, 0 for words and for numbers in
    which the data show no direction beyond chance.
    """
    if trend is None:
        return 0
    if trend in _SIGNS:
        return _SIGNS[trend]
    known = values.notna().to_numpy()
    if values[known].nunique() < 2:
        return 0
    correlation = spearmanr(values[known], bad[known])
    return int(np.sign(correlation.statistic)) if correlation.pvalue < 0.001 else 0


class Coder:
    """Words by their place in the sorted list of those that occur; numbers as they are."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.columns = list(frame.columns)
        self.categories = {
            column: sorted(frame[column].dropna().unique())
            for column in self.columns
            if not pd.api.types.is_numeric_dtype(frame[column])
        }
        self.categorical = [place for place, column in enumerate(self.columns) if column in self.categories]

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """Numbers as LightGBM takes them; none for a word that is missing or was not there."""
        return np.column_stack([self._codes(column, frame[column]) for column in self.columns])

    def _codes(self, column: str, values: pd.Series) -> np.ndarray:
        if column not in self.categories:
            return values.to_numpy(dtype=float)
        places = {word: float(place) for place, word in enumerate(self.categories[column])}
        return values.map(places).to_numpy(dtype=float)


def _column(coder: Coder, column: str, trends: Mapping[str, str]) -> dict[str, Any]:
    if column in coder.categories:
        return {"feature": column, "categories": coder.categories[column]}
    return {"feature": column, "trend": trends[column]}


def _node(node: dict[str, Any]) -> dict[str, Any]:
    if "leaf_value" in node:
        return {"value": node["leaf_value"]}
    left, right = _node(node["left_child"]), _node(node["right_child"])
    turn = {"feature": node["split_feature"], "value": node["internal_value"], "left": left, "right": right}
    if node["decision_type"] == "==":
        return {**turn, "among": [int(code) for code in node["threshold"].split("||")]}
    # Where training saw none missing, LightGBM takes a missing number for zero.
    with_zero = node["missing_type"] == "None"
    missing_left = node["threshold"] >= 0.0 if with_zero else node["default_left"]
    return {**turn, "up_to": node["threshold"], "missing_left": missing_left}
