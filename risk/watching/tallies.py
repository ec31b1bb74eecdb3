"""A day's machine decisions, counted once: all later comparisons are sums of these counts."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Sum

from core import clock
from risk.models import Decision, Tally, WatchedDay
from risk.reasons import FRAUD_REASONS
from risk.watching.chance import fine_bin

ONE_DAY = dt.timedelta(days=1)
Thing = tuple[str, str, str]  # kind, subject, bin
Counts = Mapping[tuple[str, str], Mapping[str, int]]  # (kind, subject) → bin → how many

COLUMNS = ("policy", "scorecard", "outcome", "score", "features", "hits", "timings", "decided_at")


def count_day(date: dt.date) -> WatchedDay:
    """Count the decisions of a business date. Part of the caller's transaction."""
    start, end = clock.start_of_day(date), clock.start_of_day(date + ONE_DAY)
    decisions = Decision.objects.filter(basis=None, decided_at__gte=start, decided_at__lt=end)
    counted: Counter[tuple[str, Thing]] = Counter()
    number = 0
    for row in decisions.values(*COLUMNS).iterator():
        regime = f"{row['policy']} {row['scorecard']}"
        counted.update((regime, thing) for thing in things(row))
        number += 1
    day = WatchedDay.objects.create(business_date=date, decisions=number, watched_at=clock.real_now())
    Tally.objects.bulk_create(
        (
            Tally(day=day, regime=regime, kind=kind, subject=subject, bin=bin, count=count)
            for (regime, (kind, subject, bin)), count in counted.items()
        ),
        batch_size=2_000,
    )
    return day


def things(row: Mapping[str, Any]) -> Iterator[Thing]:
    """What is counted of one decision."""
    yield "outcome", "", row["outcome"]
    yield "score", "", fine_bin(float(row["score"]))
    yield "hour", "", str(row["decided_at"].hour)
    yield "time", "", fine_bin(sum(row["timings"].values()) / 1000)
    for name, value in row["features"].items():
        yield "feature", name, fine_bin(value)
    for code in {hit["code"] for hit in row["hits"]}:
        yield "hit", code, "hit"
    if is_fraud(row["hits"]):
        yield "fraud", "", "hit"


def is_fraud(hits: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a layer against fraud spoke up, and not only noted."""
    return any(hit["code"] in FRAUD_REASONS and hit["severity"] != "note" for hit in hits)


def counts(regime: str, first: dt.date, last: dt.date) -> Counts:
    """The sums over the days from `first` to `last`, both included."""
    rows = Tally.objects.filter(regime=regime, day__business_date__range=(first, last))
    found: dict[tuple[str, str], dict[str, int]] = {}
    for kind, subject, bin, count in rows.values_list("kind", "subject", "bin").annotate(sum=Sum("count")):
        found.setdefault((kind, subject), {})[bin] = count
    return found


def decisions_in(found: Counts) -> int:
    """How many decisions were counted."""
    return sum(found.get(("outcome", ""), {}).values())
