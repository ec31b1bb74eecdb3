"""How a rule set does once published: how often each rule speaks, and what it says in the shadow of another."""

import datetime as dt
from typing import Any

from django.db import connection

from core import clock
from risk.backtests import MOST, Comparison, answer_of
from risk.models import RuleSet, ShadowDecision

PERIOD = dt.timedelta(days=30)


def rates(rule_set: RuleSet) -> tuple[int, dict[str, int]]:
    """How many decisions it made in the last 30 days, and on how many of them each code spoke."""
    period: list[Any] = [rule_set.label, clock.now() - PERIOD]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM risk_decision WHERE rules = %s AND decided_at >= %s", period)
        (decisions,) = cursor.fetchone()
        cursor.execute(
            """
            SELECT hit->>'code', count(DISTINCT risk_decision.id)
            FROM risk_decision, jsonb_array_elements(hits) AS hit
            WHERE rules = %s AND decided_at >= %s GROUP BY 1
            """,
            period,
        )
        return decisions, dict(cursor.fetchall())


def in_shadow(rule_set: RuleSet) -> Comparison:
    """What it would have decided while it was tried in the shadow: the newest decisions."""
    found = Comparison()
    tried = ShadowDecision.objects.filter(rule_set=rule_set).select_related("decision").order_by("-id")
    for shadow in tried[:MOST].iterator(chunk_size=1000):
        found.add(shadow.decision.serial, answer_of(shadow.decision), answer_of(shadow))
    found.in_period = found.decisions if found.decisions < MOST else tried.count()
    return found
