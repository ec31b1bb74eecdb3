"""Profiles of all active customers, refreshed every half hour: features, behaviour, exposure.

Sources registered in core.registry name the customers about whom something may have changed and give their facts, many
at once. Any number of workers take batches of them; a customer gets a new row only when a fact differs.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import actors, alerts, clock, work
from core.registry import Since, profile_sources
from risk.decided_facts import DecidedFacts
from risk.models import Profile, ProfileDue, ProfileRefresh

REFRESH = "refresh_profiles"
HELP_REFRESH = "help_refresh_profiles"
LATE = "profiles_late"
WATCHER = actors.system("profiles")
PERIOD = dt.timedelta(minutes=30)
# Older data than this is late: a period, and time to work in.
PATIENCE = PERIOD + dt.timedelta(minutes=15)
# No transaction is open longer: what was stamped before a refresh is seen by the next one, however late it committed.
MARGIN = dt.timedelta(minutes=10)
# Shorter than a lease (core.work.LEASE).
TURN = dt.timedelta(seconds=30)
BATCH, HELPERS, HELP_FROM = 5_000, 2, 20_000
SECTIONS = ("features", "behaviour", "exposure")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def start_what_is_due() -> None:
    """Have the profiles refreshed if that was not begun yet for the last half hour; warn when they are old."""
    now = clock.real_now()
    mark = now - (now - _EPOCH) % PERIOD
    with transaction.atomic(durable=True):
        if not ProfileRefresh.objects.filter(mark__gte=mark, ended_at__isnull=False).exists():
            work.enqueue(REFRESH, mark.isoformat())
        _watch_lateness(now)


def current(customer_serial: str) -> Profile | None:
    """The customer's present profile."""
    return Profile.objects.filter(customer_serial=customer_serial, until=None).first()


def fresh_as_of() -> dt.datetime | None:
    """The real instant up to which everything that happened is in the profiles; None before the first refresh."""
    last = ProfileRefresh.objects.filter(ended_at__isnull=False).order_by("-began_at").first()
    return last.began_at if last else None


def is_late(as_of: dt.datetime | None) -> bool:
    """Whether profiles as of then are older than they may be."""
    return as_of is None or clock.real_now() - as_of > PATIENCE


def refresh(key: str) -> work.Again | None:
    """Work handler: bring all profiles up to the present, for the half hour that ended at `key` (ISO). Resumes."""
    run = _begin(dt.datetime.fromisoformat(key))
    if run.ended_at:
        return None
    if not _work_batches(clock.real_now() + TURN):
        return work.Again(after=dt.timedelta())
    if ProfileDue.objects.exists():  # others are at the last batches
        return work.Again(after=dt.timedelta(seconds=0.5))
    ProfileRefresh.objects.filter(pk=run.pk, ended_at=None).update(ended_at=clock.real_now())
    return None


def help_refresh(key: str) -> work.Again | None:
    """Work handler: take batches beside whoever refreshes; `key` is the half hour and a number."""
    return None if _work_batches(clock.real_now() + TURN) else work.Again(after=dt.timedelta())


@transaction.atomic(durable=True)
def _begin(mark: dt.datetime) -> ProfileRefresh:
    """The refresh for a half hour; a new one notes whom it has to look at."""
    known = ProfileRefresh.objects.filter(mark=mark).first()
    if known:
        return known
    last = ProfileRefresh.objects.order_by("-began_at").first()
    since = Since(last.began_at - MARGIN, last.began_at_business - MARGIN) if last else None
    began = {"began_at": clock.real_now(), "began_at_business": clock.now()}
    for _name, source in profile_sources.all():
        _note_due(source.changed(since))
    due = ProfileDue.objects.count()
    if due > HELP_FROM:
        work.enqueue_many(HELP_REFRESH, [f"{mark.isoformat()}/{number}" for number in range(HELPERS)])
    return ProfileRefresh.objects.create(mark=mark, customers=due, **began)


def _note_due(customers: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO risk_profiledue SELECT unnest(%s::varchar[]) ON CONFLICT DO NOTHING", [list(customers)]
        )


def _work_batches(until: dt.datetime) -> bool:
    """Look at batches until none is left to take (True) or the turn is over."""
    while _work_batch():
        if clock.real_now() > until:
            return False
    return True


@transaction.atomic(durable=True)
def _work_batch() -> int:
    """Look at some of the customers that nobody else is looking at. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM risk_profiledue WHERE customer_serial IN (
                SELECT customer_serial FROM risk_profiledue LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING customer_serial
            """,
            [BATCH],
        )
        customers = [serial for (serial,) in cursor.fetchall()]
    if customers:
        _write(_facts(customers))
    return len(customers)


def _facts(customers: Sequence[str]) -> dict[str, dict[str, dict[str, object]]]:
    """By customer and section, what all sources know."""
    found: dict[str, dict[str, dict[str, object]]] = {
        serial: {section: {} for section in SECTIONS} for serial in customers
    }
    for _name, source in profile_sources.all():
        for facts in source.facts(customers):
            for serial, *values in facts.rows:
                found[serial][facts.section].update(zip(facts.names, values, strict=True))
    return found


def _write(facts: dict[str, dict[str, dict[str, object]]]) -> None:
    """End the present rows that say something else, and write a new one for whoever has none."""
    rows = [{"customer_serial": serial, **known} for serial, known in facts.items()]
    # One text: a driver would quote each of thousands of JSON texts in an array.
    values: dict[str, Any] = {"now": clock.real_now(), "found": json.dumps(rows, default=str)}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH found AS MATERIALIZED (
                SELECT * FROM jsonb_to_recordset(%(found)s::jsonb)
                    AS fact (customer_serial varchar, features jsonb, behaviour jsonb, exposure jsonb)
            ), ended AS (
                UPDATE risk_profile AS profile SET until = %(now)s FROM found
                WHERE profile.customer_serial = found.customer_serial AND profile.until IS NULL
                  AND (profile.features, profile.behaviour, profile.exposure)
                      IS DISTINCT FROM (found.features, found.behaviour, found.exposure)
                RETURNING profile.customer_serial
            )
            INSERT INTO risk_profile (customer_serial, since, features, behaviour, exposure)
            SELECT found.customer_serial, %(now)s, found.features, found.behaviour, found.exposure
            FROM found LEFT JOIN ended USING (customer_serial)
            LEFT JOIN risk_profile AS present
                ON present.customer_serial = found.customer_serial AND present.until IS NULL
            WHERE present.id IS NULL OR ended.customer_serial IS NOT NULL
            """,
            values,
        )


def _watch_lateness(now: dt.datetime) -> None:
    as_of = fresh_as_of()
    if as_of and is_late(as_of):
        minutes = (now - as_of) // dt.timedelta(minutes=1)
        alerts.raise_alert(LATE, "all", severity=alerts.Severity.WARNING, minutes=minutes)
    elif as_of:
        alerts.clear(LATE, "all", by=WATCHER, why="refreshed")


def register() -> None:
    """Called once, when the app is ready."""
    work.register(REFRESH, refresh)
    work.register(HELP_REFRESH, help_refresh)
    profile_sources.register("decisions", DecidedFacts())
    alerts.register(
        LATE,
        title=_("Profiles are late"),
        sentence=_("Customers' profiles are %(minutes)s minutes old: see whether a worker runs and work is parked."),
    )
