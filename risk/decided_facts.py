"""What decisions tell about customers, for their profiles: how the last one came out and what it saw."""

import json
from collections.abc import Iterable, Sequence

from django.db import connection

from core.registry import Facts, Since
from risk.models import Decision

NAMES = ("score", "pd", "band", "outcome", "decided_at", "application")


class DecidedFacts:
    """A core.registry.ProfileSource."""

    def changed(self, since: Since | None) -> Iterable[str]:
        """Whoever was decided upon."""
        decided = Decision.objects.filter(decided_at__gte=since.business) if since else Decision.objects.all()
        return decided.order_by().values_list("customer_serial", flat=True).distinct()

    def facts(self, customers: Sequence[str]) -> Iterable[Facts]:
        """The machine's last decision on each."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT DISTINCT ON (customer_serial) customer_serial, score, pd, band, outcome, decided_at,
                    features
                FROM risk_decision WHERE customer_serial = ANY(%s) AND basis_id IS NULL
                ORDER BY customer_serial, id DESC
                """,
                [list(customers)],
            )
            rows = ((*row, json.loads(features)) for *row, features in cursor.fetchall())
            yield Facts("features", NAMES, rows)
