"""Measures of decisions: a day and a week, beside the first weeks under the same policy and scorecard.

The baseline stays where it is, so that slow drift is seen; a new policy or scorecard makes its own in its first weeks,
and until then nothing is judged.
"""

from collections.abc import Iterator

from risk.models import Figure, Tally, WatchedDay
from risk.watching import chance, tallies
from risk.watching.tallies import ONE_DAY, Counts

SPANS = (1, 7)
BASELINE_DAYS, LEAST_BASELINE, LEAST_WINDOW = 28, 500, 50
# What is material, beside being more than chance.
DRIFT, APPROVAL_POINTS, HIT_FACTOR, HIT_POINTS = 0.1, 0.05, 2.0, 0.01
SLOWEST = 250.0  # milliseconds, at the 99th percentile
Measure = Figure.Measure


def of_decisions(day: WatchedDay) -> Iterator[Figure]:
    """The figures of a counted day; none while there is too little to tell."""
    regime = _regime(day)
    if not regime:
        return
    first = Tally.objects.filter(regime=regime).earliest("day__business_date").day.business_date
    base_end = first + (BASELINE_DAYS - 1) * ONE_DAY
    base = tallies.counts(regime, first, base_end)
    for days in SPANS:
        start = day.business_date - (days - 1) * ONE_DAY
        now = tallies.counts(regime, start, day.business_date)
        number = tallies.decisions_in(now)
        if number < LEAST_WINDOW:
            continue
        yield _latency(day, days, number, now)
        if start > base_end and tallies.decisions_in(base) >= LEAST_BASELINE:
            yield from _compared(day, days, number, now, base)


def _regime(day: WatchedDay) -> str:
    """Policy and scorecard of most of the day's decisions."""
    outcomes = day.tallies.filter(kind="outcome").values_list("regime", "count")
    found: dict[str, int] = {}
    for regime, count in outcomes:
        found[regime] = found.get(regime, 0) + count
    return max(found, key=lambda regime: found[regime]) if found else ""


def _compared(day: WatchedDay, days: int, number: int, now: Counts, base: Counts) -> Iterator[Figure]:
    base_number = tallies.decisions_in(base)
    approved, base_approved = (found[("outcome", "")].get("approved", 0) for found in (now, base))
    value, expected = approved / number, base_approved / base_number
    yield Figure(
        day=day,
        measure=Measure.APPROVAL_RATE,
        days=days,
        count=number,
        value=value,
        expected=expected,
        alarming=abs(value - expected) >= APPROVAL_POINTS
        and chance.share_changed(approved, number, base_approved, base_number),
    )
    for kind, subject in sorted(now.keys() | base.keys()):
        if kind in ("score", "feature"):
            measure = Measure.SCORE_DRIFT if kind == "score" else Measure.FEATURE_DRIFT
            pairs = chance.coarsen(base.get((kind, subject), {}), now.get((kind, subject), {}))
            yield _drift(day, measure, subject, days, number, pairs)
        elif kind == "hit":
            hits, base_hits = (sum(found.get((kind, subject), {}).values()) for found in (now, base))
            yield _hits(day, subject, days, (hits, number), (base_hits, base_number))


def _drift(
    day: WatchedDay, measure: Figure.Measure, subject: str, days: int, number: int, pairs: list[chance.Pair]
) -> Figure:
    value, allowed = chance.psi(pairs), max(DRIFT, min(chance.chance_psi(pairs), 99.0))
    return Figure(
        day=day,
        measure=measure,
        subject=subject,
        days=days,
        count=number,
        value=value,
        expected=allowed,
        alarming=value > allowed,
    )


def _hits(day: WatchedDay, code: str, days: int, now: tuple[int, int], base: tuple[int, int]) -> Figure:
    value, expected = now[0] / now[1], base[0] / base[1]
    lower, higher = sorted((value, expected))
    material = higher - lower >= HIT_POINTS and higher >= lower * HIT_FACTOR
    return Figure(
        day=day,
        measure=Measure.HIT_RATE,
        subject=code,
        days=days,
        count=now[1],
        value=value,
        expected=expected,
        alarming=material and chance.share_changed(*now, *base),
    )


def _latency(day: WatchedDay, days: int, number: int, now: Counts) -> Figure:
    value = chance.percentile(now[("time", "")], 0.99)
    return Figure(
        day=day,
        measure=Measure.LATENCY,
        days=days,
        count=number,
        value=value,
        expected=SLOWEST,
        alarming=value > SLOWEST,
    )
