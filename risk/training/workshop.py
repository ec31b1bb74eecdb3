"""A model from a file, ready to be registered: read, checked, trained, cross-validated, described."""

from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Protocol

from risk.training import SCALE, fairness, scorecard, table
from risk.training.folds import Folds
from risk.training.sample import Sample

KINDS = ("scorecard", "gbm")


class _Trainer(Protocol):
    LIBRARIES: tuple[str, ...]

    def train(self, sample: Sample) -> tuple[dict[str, Any], Folds]: ...


def make(
    *,
    kind: str,
    data: Path,
    target: str,
    exclude: list[str],
    monotone: Path | None,
    reasons: dict[str, str],
    bad: str | None,
) -> dict[str, Any]:
    """All of a model's document but its name, version and digest. Raises ValueError (TableError) saying what to do."""
    sample = table.read(data, target=target, exclude=exclude, monotone=monotone, reasons=reasons, bad=bad)
    model, folds = describe(sample, trainer_of(kind))
    return {
        **model,
        "warnings": list(sample.warnings),
        "fairness": fairness.table(sample.bystanders, folds.pd_of(folds.line()), sample.bad),
    }


def trainer_of(kind: str) -> _Trainer:
    """The module that trains models of this kind; LightGBM is loaded only where it is needed."""
    if kind == "scorecard":
        return scorecard
    from risk.training import gbm

    return gbm


def describe(sample: Sample, trainer: _Trainer) -> tuple[dict[str, Any], Folds]:
    """The trained model as its document states it, and the cross-validation behind its figures."""
    own, folds = trainer.train(sample)
    return {
        "scale": SCALE,
        **own,
        "metrics": folds.metrics(folds.line()),
        "provenance": sample.provenance,
        "libraries": {library: installed(library) for library in trainer.LIBRARIES},
    }, folds


def summary(trained: dict[str, Any]) -> dict[str, Any]:
    """The figures of a trained model as numbers, for programs."""
    metrics, learned_from = trained["metrics"], trained["provenance"]
    tenths = [{name: float(share) for name, share in tenth.items()} for tenth in metrics["calibration"]]
    return {
        "rows": learned_from["rows"],
        "bad_value": learned_from["bad_value"],
        "bad_share": float(metrics["bad_share"]),
        "auc": float(metrics["auc_mean"]),
        "auc_deviation": float(metrics["auc_deviation"]),
        "ks": float(metrics["ks_mean"]),
        "ks_deviation": float(metrics["ks_deviation"]),
        "gini": float(metrics["gini_mean"]),
        "brier": float(metrics["brier"]),
        "calibration": tenths,
        "calibration_error": round(sum(abs(each["expected"] - each["observed"]) for each in tenths) / len(tenths), 4),
        "warnings": trained["warnings"],
    }
