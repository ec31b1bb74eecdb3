"""What officers did in the review queue over a period, counted from cases, approvals and quality samples."""

import csv
import datetime as dt
import io
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import User
from core import actors, clock
from core.registry import credit_outcomes
from risk.models import ReviewCase
from risk.review import APPROVE

ALL = "risk.view_officer_statistics"
# An approval has turned out badly when so many days are missed within about three months of the payout.
LATE_DAYS, WITHIN_DAYS = 30, 92

# A case belongs to who claimed it, and counts on the day it was decided.
FIGURES = """
WITH decided AS (
    SELECT claimed_by AS officer, status, decided_at > sla_due_at AS late,
        extract(epoch FROM decided_at - claimed_at) / 3600 AS hours
    FROM risk_reviewcase WHERE decided_at >= %(since)s AND decided_at < %(until)s
), first AS (
    SELECT officer, count(*) AS decided, count(*) FILTER (WHERE status = 'approved') AS approved,
        count(*) FILTER (WHERE late) AS late,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) AS median_hours,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY hours) AS slow_hours
    FROM decided GROUP BY officer
), second AS (
    SELECT decided_by AS officer, count(*) AS seconded
    FROM core_approval
    WHERE model = %(model)s AND verb = %(verb)s AND decided_at >= %(since_real)s AND decided_at < %(until_real)s
        AND NOT authors ? decided_by
    GROUP BY decided_by
), sampled AS (
    SELECT claimed_by AS officer, count(*) AS sampled, count(*) FILTER (WHERE agrees) AS agreed
    FROM risk_qualitysample AS sample JOIN risk_reviewcase AS reviewed ON reviewed.id = sample.case_id
    WHERE sample.status = 'judged' AND decided_at >= %(since)s AND decided_at < %(until)s
    GROUP BY claimed_by
)
SELECT officer, coalesce(decided, 0), coalesce(approved, 0), coalesce(late, 0), median_hours, slow_hours,
    coalesce(seconded, 0), coalesce(sampled, 0), coalesce(agreed, 0)
FROM first FULL JOIN second USING (officer) FULL JOIN sampled USING (officer)
WHERE %(officer)s::text IS NULL OR officer = %(officer)s
ORDER BY officer
"""


@dataclass(frozen=True)
class TurnedOut:
    """Of the credit paid out on an officer's approval, how much was `LATE_DAYS` late within `WITHIN_DAYS`."""

    paid_out: int = 0
    went_bad: int = 0


NOTHING = TurnedOut()


@dataclass(frozen=True)
class OfficerFigures:
    """One officer's period: cases decided, of them approved, decided too late; hours from claim to decision (the middle
    one, and what nine of ten stay under); proposals of others decided; second judgements of own cases, and of them
    those that agreed; and how the approved credit turned out."""

    officer: str
    decided: int
    approved: int
    late: int
    median_hours: Decimal | None
    slow_hours: Decimal | None
    seconded: int
    sampled: int
    agreed: int
    turned_out: TurnedOut = NOTHING


def figures(reader: User, *, since: dt.date, until: dt.date) -> list[OfficerFigures]:
    """The figures of the business days [since, until), an officer a row: all for who may see all, else one's own."""
    own = None if reader.has_perm(ALL) else actors.staff(reader.get_username())
    start, end = clock.start_of_day(since), clock.start_of_day(until)
    skew = clock.real_now() - clock.now()  # approvals are stamped in real time
    values: dict[str, Any] = {
        "since": start,
        "until": end,
        "since_real": start + skew,
        "until_real": end + skew,
        "model": ReviewCase._meta.label,
        "verb": APPROVE,
        "officer": own,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, values)
        rows = cursor.fetchall()
    turned = _turned_out(since, until)
    found = [OfficerFigures(*row) for row in rows]
    return [replace(each, turned_out=turned.get(each.officer, NOTHING)) for each in found]


def _turned_out(since: dt.date, until: dt.date) -> dict[str, TurnedOut]:
    found: dict[str, TurnedOut] = {}
    for subject, source in credit_outcomes.all():
        bad = dict(source.outcomes(since, until, late_days=LATE_DAYS, within_days=WITHIN_DAYS))
        cases = ReviewCase.objects.filter(decision__subject=subject, status="approved", reference__in=bad)
        for officer, reference in cases.values_list("claimed_by", "reference"):
            so_far = found.get(officer, NOTHING)
            found[officer] = TurnedOut(so_far.paid_out + 1, so_far.went_bad + bad[reference])
    return found


def as_csv(heads: list[str], rows: list[list[str]]) -> str:
    """Heads and rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([heads, *rows])
    return out.getvalue()
