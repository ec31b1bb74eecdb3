"""Signs that a column knows the end of the loan: nobody could have it when the application is decided."""

import re

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from risk.training.folds import FOLDS, SEED

IMPLAUSIBLE_AUC = 0.90  # one fact about an applicant never tells so much; whole bureau scores reach about 0.8
_AFTERWARDS = re.compile(
    r"recover|charge_?off|collection|last_pay|total_pay|total_pymnt|total_rec|out_prncp|settle|past_due|逾期|催收|核销|回收",
    re.IGNORECASE,
)
_OF_THE_LENDER = re.compile(r"int_rate|interest_rate|^rate$|sub_?grade|^grade$|利率|评级", re.IGNORECASE)
_BEGINNING = re.compile(r"appl|issue|open|start|begin|orig|申请|放款|发放|开户", re.IGNORECASE)
_DATE = r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([T ].*)?"


def warnings(features: pd.DataFrame, bad: np.ndarray, frame: pd.DataFrame) -> tuple[str, ...]:
    """What should be looked at before anybody trusts a model of these features. `frame` is the table as text."""
    return (*_telling_names(features), *_implausible(features, bad), *_late_dates(frame))


def _telling_names(features: pd.DataFrame) -> list[str]:
    late = [
        f"{name} sounds like something known only after the decision" for name in features if _AFTERWARDS.search(name)
    ]
    own = [f"{name} sounds like the lender's own decision" for name in features if _OF_THE_LENDER.search(name)]
    return late + own


def _implausible(features: pd.DataFrame, bad: np.ndarray) -> list[str]:
    found = ((name, auc_alone(features[name], bad)) for name in features)
    return [
        f"{name} alone has an AUC of {auc:.3f}: does it know the outcome?"
        for name, auc in found
        if auc > IMPLAUSIBLE_AUC
    ]


def auc_alone(values: pd.Series, bad: np.ndarray) -> float:
    """The cross-validated AUC of one column by itself: of a small tree over a number, of the bad share of a word."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    smallest = max(5, len(values) // 100)
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=smallest, random_state=SEED)
    if pd.api.types.is_numeric_dtype(values):
        model, column = tree, values.to_frame()
    else:
        encoder = TargetEncoder(target_type="binary", cv=folds)
        model, column = make_pipeline(encoder, tree), values.fillna("").to_frame()
    pd_of = cross_val_predict(model, column, bad, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(bad, pd_of))


def is_dates(values: pd.Series) -> bool:
    """Whether every value that is there is a date."""
    return bool(len(values)) and bool(values.str.fullmatch(_DATE).all())


def _late_dates(frame: pd.DataFrame) -> list[str]:
    """Columns of dates that lie, for most rows, after the date on which the loan began."""
    dates = {name: _dates(frame[name]) for name in frame if is_dates(frame[name].dropna())}
    beginnings = [name for name in dates if _BEGINNING.search(name)]
    if not beginnings:
        return []
    first = beginnings[0]
    return [
        f"{name} lies after {first}: whatever is made of it knows the time after the decision"
        for name, values in dates.items()
        if name not in beginnings and (values > dates[first]).mean() > 0.5
    ]


def _dates(values: pd.Series) -> pd.Series:
    plain = values.str.replace(r"[年月/.]", "-", regex=True).str.replace("日", "").str.rstrip("-")
    return pd.to_datetime(plain, errors="coerce", format="mixed", utc=True)
