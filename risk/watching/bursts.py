"""Bursts of fraud, seen within minutes: a cumulative sum over slots of ten minutes.

Poisson CUSUM (J. M. Lucas, "Counted data CUSUM's", Technometrics 27, 1985): each slot adds x ln r - (r - 1) m, where x
is what came, m what was expected and r the rise worth an alarm; never below zero. G. Lorden (1971): between two false
alarms lie at least e^LIMIT slots on average, and no rule of that calmness sees the rise sooner in the worst case.
That is twenty lines without state; river's detectors know no counts with a rhythm of the day, and would bring numpy
into the workers.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from django.db.models import Sum

from core import clock
from risk.models import Decision, Tally, WatchedDay
from risk.watching import tallies
from risk.watching.tallies import ONE_DAY

SLOT = dt.timedelta(minutes=10)
LOOK_BACK = dt.timedelta(hours=24)
RISE, LIMIT = 3.0, 16.0
HISTORY_DAYS, LEAST_DAYS, LEAST_DECISIONS = 28, 7, 500


@dataclass(frozen=True)
class Slot:
    """Ten minutes: how many came, and how many were to be expected."""

    seen: int
    expected: float


@dataclass(frozen=True)
class Burst:
    """What the sum says at the end of the slots: it alarms above LIMIT. `seen` counts since it last was zero."""

    level: float
    seen: int
    expected: float

    @property
    def alarming(self) -> bool:
        """Whether this is more than chance."""
        return self.level > LIMIT


def detect(slots: Iterable[Slot]) -> Burst:
    """The cumulative sum over the slots, oldest first. It stops at twice the limit, so that an alarm ends."""
    level, seen, expected = 0.0, 0, 0.0
    for slot in slots:
        level = min(level + slot.seen * log(RISE) - (RISE - 1) * slot.expected, 2 * LIMIT)
        seen, expected = seen + slot.seen, expected + slot.expected
        if level <= 0:
            level, seen, expected = 0.0, 0, 0.0
    return Burst(level, seen, expected)


def look() -> dict[str, Burst]:
    """How applications, and decisions in which a layer against fraud spoke up, came in the last day.

    Empty while there is no history to compare with.
    """
    now = clock.now()
    today = clock.business_date_of(now)
    first = today - HISTORY_DAYS * ONE_DAY
    days = WatchedDay.objects.filter(business_date__gte=first).count()
    history = _history(first, today)
    total = sum(history["hour"].values())
    if days < LEAST_DAYS or total < LEAST_DECISIONS:
        return {}
    fraud_share = (sum(history["fraud"].values()) + 1) / total
    start = now - LOOK_BACK
    came = [[0, 0] for _slot in range(LOOK_BACK // SLOT)]
    recent = Decision.objects.filter(basis=None, decided_at__gt=start, decided_at__lte=now)
    for at, hits in recent.values_list("decided_at", "hits").iterator():
        slot = came[min((at - start) // SLOT, len(came) - 1)]
        slot[0] += 1
        slot[1] += tallies.is_fraud(hits)
    hours = [(start + number * SLOT).hour for number in range(len(came))]
    a_slot = days * (dt.timedelta(hours=1) / SLOT)
    slots = list(zip(came, hours, strict=True))
    usual = {hour: (history["hour"].get(str(hour), 0) + 1) / a_slot for hour in set(hours)}
    return {
        "applications": detect(Slot(number, usual[hour]) for (number, _fraud), hour in slots),
        "fraud": detect(Slot(fraud, number * fraud_share) for (number, fraud), _hour in slots),
    }


def _history(first: dt.date, before: dt.date) -> dict[str, dict[str, int]]:
    """Under whatever policy: what came in which hour, and what was fraud."""
    found: dict[str, dict[str, int]] = {"hour": {}, "fraud": {}}
    rows = Tally.objects.filter(kind__in=found, day__business_date__gte=first, day__business_date__lt=before)
    for kind, bin, count in rows.values_list("kind", "bin").annotate(sum=Sum("count")):
        found[kind][bin] = count
    return found
