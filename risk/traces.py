"""Traces that applicants left: who else came with the same, and what else these have. Indexed and bounded queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

from risk.models import Trace

MOST = 250  # rows looked at of one trace, the newest first: no limit of the policy is higher

Key = tuple[str, str]  # TraceKind, keyed hash


class Wanted(NamedTuple):
    """A trace to look for, and from when on."""

    kind: str
    digest: str
    since: dt.datetime


class Seen(NamedTuple):
    """A trace that somebody left."""

    kind: str
    digest: str
    customer_serial: str
    reference: str
    at: dt.datetime


SEEN = """
    SELECT wanted.kind, wanted.index, found.customer_serial, found.reference, found.at
    FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS wanted (kind, index, since)
    CROSS JOIN LATERAL (
        SELECT customer_serial, reference, at FROM risk_trace
        WHERE kind = wanted.kind AND index = wanted.index AND at >= wanted.since
        ORDER BY at DESC LIMIT %s
    ) AS found
"""


def seen(wanted: Collection[Wanted]) -> list[Seen]:
    """Where each of these was seen before, the newest MOST of each."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [*(list(column) for column in zip(*wanted, strict=True)), MOST])
        return [Seen(*row) for row in cursor.fetchall()]


def held_by(customers: Collection[str], *, since: dt.datetime) -> dict[str, set[Key]]:
    """What these customers came with."""
    held: dict[str, set[Key]] = defaultdict(set)
    rows = Trace.objects.filter(customer_serial__in=customers, at__gte=since)
    for customer, kind, index in rows.values_list("customer_serial", "kind", "index").distinct():
        held[customer].add((kind, index))
    return held
