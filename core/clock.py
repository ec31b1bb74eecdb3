"""The one clock. Business time may be moved forward in a sandbox; real time is for signatures, leases and promises.

Business days are those of Asia/Shanghai; stored times are aware UTC.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.models.clock import BusinessClock
from core.problems import Problem

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")


def real_now() -> dt.datetime:
    """The real instant, aware UTC."""
    return timezone.now()


def now() -> dt.datetime:
    """The business instant, aware UTC: the real one, plus what a sandbox has moved it by."""
    return real_now() + offset()


def today() -> dt.date:
    """The business date."""
    return business_date_of(now())


def business_date_of(moment: dt.datetime) -> dt.date:
    """The business date on which an aware `moment` falls."""
    return moment.astimezone(BUSINESS_ZONE).date()


def start_of_day(date: dt.date) -> dt.datetime:
    """The first instant, aware UTC, of a business date."""
    return dt.datetime.combine(date, dt.time.min, tzinfo=BUSINESS_ZONE).astimezone(dt.UTC)


def offset() -> dt.timedelta:
    """How far business time is ahead of real time; zero outside a sandbox."""
    if not settings.SANDBOX:
        return dt.timedelta()
    seconds = BusinessClock.objects.values_list("offset_seconds", flat=True).first()
    return dt.timedelta(seconds=seconds or 0)


@transaction.atomic
def move_to(moment: dt.datetime, *, by: str) -> None:
    """Move business time forward to `moment` (aware).

    Raises Problem outside a sandbox, and for a move backwards: closed days cannot be reopened.
    """
    if not settings.SANDBOX:
        raise Problem("clock_fixed", "The business clock can be moved only in a sandbox.")
    BusinessClock.objects.get_or_create(pk=1)
    clock = BusinessClock.objects.select_for_update().get(pk=1)
    seconds = (moment - real_now()).total_seconds()
    if seconds < clock.offset_seconds:
        raise Problem("clock_backwards", "The business clock only moves forward.")
    clock.offset_seconds = seconds
    clock.moved_by = by
    clock.save()
