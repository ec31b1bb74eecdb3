"""Data frames in a pickle of older pandas, read without running anything that the file asks for.

Only arrays of numbers and words are made; every class else that the file names becomes an empty shell.
"""

import pickle
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

_PLAIN = {
    ("numpy.core.multiarray", "_reconstruct"): np.core.multiarray._reconstruct,  # type: ignore[attr-defined]
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("builtins", "slice"): slice,
}


class _Shell:
    """What stands for an object of a class that is not made: what it was to be made of, and its state."""

    def __init__(self, *made_of: Any, **_options: Any) -> None:
        self.made_of = made_of
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __call__(self, *made_of: Any, **options: Any) -> "_Shell":
        return _Shell(*made_of, **options)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _PLAIN.get((module, name)) or type(name, (_Shell,), {})


def load(content: bytes) -> dict[str, Any]:
    """The dictionary in the pickle: arrays as they are, data frames as shells for `frame_of`."""
    return _Reader(BytesIO(content)).load()


def frame_of(shell: Any) -> pd.DataFrame:
    """The data frame that a shell stands for: its blocks of columns, each at its places."""
    blocks, axes = shell.state["_mgr"].made_of
    names = list(axes[0].made_of[1]["data"])
    columns: dict[str, np.ndarray] = {}
    for block in blocks:
        values, places = block.made_of
        if isinstance(places, slice):
            places = range(*places.indices(len(names)))
        columns |= {names[place]: row for place, row in zip(places, values, strict=True)}
    return pd.DataFrame({name: columns[name] for name in names})
