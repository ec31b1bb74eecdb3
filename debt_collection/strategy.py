"""Which reminder is due: the strategy table, and its first lines."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from debt_collection.models import StrategyStep

# Gentle first and seldom later: day 1, day 3, then weekly to the end of M1, fortnightly after.
FIRST_STEPS: list[dict[str, Any]] = [
    {"dpd_from": 1, "dpd_to": 2, "every_days": 2, "template": "overdue_first"},
    {"dpd_from": 3, "dpd_to": 6, "every_days": 4, "template": "overdue_reminder"},
    {"dpd_from": 7, "dpd_to": 30, "every_days": 7, "template": "overdue_reminder"},
    {"dpd_from": 31, "dpd_to": 180, "every_days": 14, "template": "overdue_help"},
]
FIRST_DAY = dt.date(2026, 1, 1)


def step_for(dpd: int, *, on: dt.date) -> StrategyStep | None:
    """The step in force on a business date that reminds a debtor `dpd` days past due, or None."""
    return steps_for({dpd}, on=on)[dpd]


def steps_for(dpds: Iterable[int], *, on: dt.date) -> dict[int, StrategyStep | None]:
    """The same for many numbers of days."""
    in_force = list(
        StrategyStep.objects.filter(effective_from__lte=on).filter(
            Q(effective_to__isnull=True) | Q(effective_to__gte=on)
        )
    )
    return {dpd: next((step for step in in_force if step.is_due_on(dpd)), None) for dpd in dpds}


def load_first_steps() -> None:
    """Reference data: the first strategy table. Harmless to repeat."""
    for step in FIRST_STEPS:
        StrategyStep.objects.get_or_create(dpd_from=step["dpd_from"], effective_from=FIRST_DAY, defaults=step)
