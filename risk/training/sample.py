"""What a model learns from: rows of features, which of them went bad, and how each number may run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

EITHER_WAY = "auto_asc_desc"  # optbinning's word for: monotone, in the direction that the data show


@dataclass(frozen=True)
class Sample:
    """`frame` holds floats in its columns of numbers (missing: NaN) and text in the others (missing: None).

    `trends` has an entry for each column of numbers: "ascending" when more of it may only mean a greater share of bad
    loans, "descending" the other way, EITHER_WAY when the data may say. `bystanders` are columns that no model sees
    but fairness is measured by. `provenance` says where all this comes from.
    """

    frame: pd.DataFrame
    bad: np.ndarray
    trends: Mapping[str, str]
    provenance: dict[str, Any]
    bystanders: pd.DataFrame = field(default_factory=pd.DataFrame)
    warnings: tuple[str, ...] = ()
