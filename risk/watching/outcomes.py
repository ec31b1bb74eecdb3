"""Measures of what became of the credit: defaults beside the probabilities that the decisions gave, and loans that go
bad with their first instalments. A score's distribution says nothing of this.

A default is 90 days past due (Basel) within a year; an early-payment default 30 days within about three months, the
first sign of fraud or of a population that has changed.
"""

import datetime as dt
from collections.abc import Iterator

from core.registry import OutcomeSource, credit_outcomes
from risk.models import Decision, Figure, WatchedDay
from risk.watching import chance

COHORT = 28  # days of payouts that are judged together
DEFAULT_DAYS, YEAR = 90, 365
EARLY_DAYS, EARLY_WITHIN, EARLY_HISTORY = 30, 92, 180
LEAST_EXPECTED, LEAST_LOANS = 20.0, 100
# What is material: observed over expected defaults beyond these, early defaults so many times those before.
TOO_FEW, TOO_MANY, EARLY_FACTOR = 0.75, 1.25, 1.5
ONE_DAY = dt.timedelta(days=1)
Measure = Figure.Measure


def of_outcomes(day: WatchedDay) -> Iterator[Figure]:
    """The figures of the cohorts whose time is up on this day; none while they are too small."""
    for subject, source in credit_outcomes.all():
        yield from _calibration(day, subject, source)
        yield from _early_defaults(day, subject, source)


def _calibration(day: WatchedDay, subject: str, source: OutcomeSource) -> Iterator[Figure]:
    before = day.business_date + ONE_DAY - YEAR * ONE_DAY
    outcomes = source.outcomes(before - COHORT * ONE_DAY, before, late_days=DEFAULT_DAYS, within_days=YEAR)
    by_scorecard: dict[str, list[tuple[float, bool]]] = {}
    for scorecard, pd, bad in _with_pd(subject, dict(outcomes)):
        by_scorecard.setdefault(scorecard, []).append((pd, bad))
    for scorecard, loans in sorted(by_scorecard.items()):
        expected, seen = sum(pd for pd, _bad in loans), sum(bad for _pd, bad in loans)
        if expected < LEAST_EXPECTED:
            continue
        ratio = seen / expected
        material = not TOO_FEW <= ratio <= TOO_MANY
        yield Figure(
            day=day,
            measure=Measure.CALIBRATION,
            subject=scorecard,
            days=COHORT,
            count=len(loans),
            value=ratio,
            expected=1.0,
            alarming=material and chance.count_changed(seen, expected),
        )


def _with_pd(subject: str, outcomes: dict[str, bool]) -> Iterator[tuple[str, float, bool]]:
    decisions = Decision.objects.filter(subject=subject, basis=None, reference__in=outcomes, pd__isnull=False)
    for reference, scorecard, pd in decisions.values_list("reference", "scorecard", "pd").iterator():
        yield scorecard, float(pd or 0), outcomes[reference]


def _early_defaults(day: WatchedDay, subject: str, source: OutcomeSource) -> Iterator[Figure]:
    before = day.business_date + ONE_DAY - EARLY_WITHIN * ONE_DAY
    start = before - COHORT * ONE_DAY
    times = {"late_days": EARLY_DAYS, "within_days": EARLY_WITHIN}
    now = [bad for _reference, bad in source.outcomes(start, before, **times)]
    base = [bad for _reference, bad in source.outcomes(start - EARLY_HISTORY * ONE_DAY, start, **times)]
    if len(now) < LEAST_LOANS or len(base) < LEAST_LOANS:
        return
    value, expected = sum(now) / len(now), sum(base) / len(base)
    yield Figure(
        day=day,
        measure=Measure.EARLY_DEFAULTS,
        subject=subject,
        days=COHORT,
        count=len(now),
        value=value,
        expected=expected,
        alarming=value > expected * EARLY_FACTOR and chance.share_changed(sum(now), len(now), sum(base), len(base)),
    )
