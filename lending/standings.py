"""Which customers owe us, and how often they applied: what other lenders' queries are answered from."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import connection


class Standings:
    """A core.registry.CreditStandings. A debt is open from the payout until it is repaid, or no longer claimed."""

    def standings(self, customers: Sequence[str], since: dt.datetime) -> Iterable[tuple[str, bool, int]]:
        """Of these customers: serial number, whether something is owed, applications submitted since a real time."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT serial,
                    EXISTS (SELECT FROM lending_loan WHERE customer_id = customer.id
                        AND (status IN ('active', 'overdue') OR status = 'written_off' AND claim > 0)),
                    (SELECT count(*) FROM lending_loanapplication
                        WHERE customer_id = customer.id AND submitted_at >= %(since)s)
                FROM accounts_customer AS customer WHERE serial = ANY(%(customers)s)
                """,
                {"since": since, "customers": list(customers)},
            )
            yield from cursor.fetchall()
