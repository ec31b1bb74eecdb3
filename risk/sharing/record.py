"""The record of questions and answers: kept for three years, as customers are told, and then deleted.

PostgreSQL refuses to change it ever, and to delete what is younger (core.append_only).
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from core import clock
from risk.models import SharingAnswer, SharingQuery

KEPT_YEARS = 3
# Never less than so many years, whichever of them are leap years.
KEPT = KEPT_YEARS * dt.timedelta(days=366)
AT_ONCE = 1000  # of each table by one call of `purge`


@transaction.atomic
def purge() -> int:
    """Delete the oldest of what has been kept long enough. Returns how many questions, AT_ONCE at most: called again
    each minute.
    """
    before = clock.real_now() - KEPT
    _oldest(SharingAnswer.objects.all()).filter(at__lt=before).delete()
    deleted, _of_each = _oldest(SharingQuery.objects.all()).filter(at__lt=before, answer=None).delete()
    return deleted


def _oldest(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(pk__in=rows.order_by("pk").values("pk")[:AT_ONCE])
