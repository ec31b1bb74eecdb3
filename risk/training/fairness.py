"""How a model treats groups that it does not know of: measured on unseen rows, at one cut-off for all."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

APPROVED_SHARE = 0.7
FEWEST_ROWS = 30
_AGES = [0, 25, 35, 45, 60, 200]


def table(bystanders: pd.DataFrame, pd_of: np.ndarray, bad: np.ndarray) -> list[dict[str, Any]]:
    """One row for each group of each protected attribute, if the safest 70 % were approved.

    `ratio` is the group's share of approvals by that of the attribute's most approved group; below 0.80 it is a sign
    of adverse impact (the four-fifths rule, 29 CFR 1607.4 D). Groups of fewer than 30 rows are not shown.
    """
    approved = pd_of <= np.quantile(pd_of, APPROVED_SHARE)
    return [row for name in bystanders for row in _of(name, _groups(bystanders[name]), approved, pd_of, bad)]


def _of(name: str, groups: pd.Series, approved: np.ndarray, pd_of: np.ndarray, bad: np.ndarray) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for group in sorted(groups.unique()):
        own = (groups == group).to_numpy()
        if own.sum() >= FEWEST_ROWS:
            rows.append(
                {
                    "attribute": name,
                    "group": str(group),
                    "rows": int(own.sum()),
                    "bad_share": f"{bad[own].mean():.4f}",
                    "mean_pd": f"{pd_of[own].mean():.4f}",
                    "approved": f"{approved[own].mean():.4f}",
                    "auc": f"{roc_auc_score(bad[own], pd_of[own]):.4f}" if 0 < bad[own].mean() < 1 else None,
                }
            )
    most = max((float(row["approved"]) for row in rows), default=0.0)
    return [{**row, "ratio": f"{float(row['approved']) / most:.4f}" if most else None} for row in rows]


def _groups(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().mean() > 0.9 and numbers.nunique() > 10:
        return pd.cut(numbers, _AGES, right=False).astype(str)
    return values.fillna("unknown").astype(str)
