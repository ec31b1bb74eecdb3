"""What became of loans, for whoever decided on them: late or written off within so many days of the payout."""

import datetime as dt
from collections.abc import Iterable

from django.db import connection


class Outcomes:
    """A core.registry.OutcomeSource. Days past due are those at months' ends, as credit reports count, and today's."""

    def outcomes(
        self, paid_out_from: dt.date, paid_out_before: dt.date, *, late_days: int, within_days: int
    ) -> Iterable[tuple[str, bool]]:
        """Application's serial number, and whether its loan went bad."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT application.serial, EXISTS (
                    SELECT FROM lending_monthend AS month
                    WHERE loan_id = loan.id AND month.dpd >= %(late)s AND business_date <= value_date + %(within)s
                ) OR (loan.dpd >= %(late)s AND last_closed_date <= value_date + %(within)s)
                OR EXISTS (
                    SELECT FROM lending_loanevent AS event
                    WHERE loan_id = loan.id AND kind = 'write_off' AND business_date <= loan.value_date + %(within)s)
                FROM lending_loan AS loan JOIN lending_loanapplication AS application ON application.id = application_id
                WHERE loan.value_date >= %(from)s AND loan.value_date < %(before)s AND loan.status <> 'cancelled'
                """,
                {"from": paid_out_from, "before": paid_out_before, "late": late_days, "within": within_days},
            )
            yield from cursor.fetchall()
