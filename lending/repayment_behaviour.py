"""What falls due soon, and how those who owe it have repaid so far: of many customers in a few queries."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from lending.models import Instalment, Loan
from risk.behaviour import MONTHS, RECENT_MONTHS, Behaviour, months_late

UNPAID = Q(principal__gt=F("paid_principal")) | Q(interest__gt=F("paid_interest") + F("waived_interest"))


def due_soon(after: dt.date, until: dt.date) -> QuerySet[Instalment]:
    """The next instalments, due between two business dates (`until` included) and not yet paid, of loans with nothing
    overdue."""
    # Of a loan with nothing late, this is the next due date (see Loan); there is an index on it.
    next_due = Q(loan__acts_on=F("due_date"), loan__acts_on__gt=after, loan__acts_on__lte=until)
    return Instalment.objects.filter(UNPAID, next_due, loan__status=Loan.Status.ACTIVE, raised=False)


def of_customers(customers: Sequence[int], on: dt.date) -> dict[int, Behaviour]:
    """By customer's id: how each stands on a business date and stood at the months' ends before it. Amounts in yuan."""
    ends = _month_ends(on)
    values: dict[str, Any] = {
        "customers": list(customers),
        "ends": ends,
        "since": ends[RECENT_MONTHS - 1],
        "on": on,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEHAVIOUR, values)
        return {row[0]: _behaviour(*row[1:]) for row in cursor.fetchall()}


def _behaviour(dpd: int, ends: list[int], due: Decimal, paid: Decimal, limit: Decimal, used: Decimal) -> Behaviour:
    return Behaviour(months_late(dpd), tuple(map(months_late, ends)), due, paid, limit, used)


def _month_ends(on: dt.date) -> list[dt.date]:
    """The last MONTHS months' ends before a date, the newest first."""
    ends: list[dt.date] = []
    while len(ends) < MONTHS:
        on = on.replace(day=1) - dt.timedelta(days=1)
        ends.append(on)
    return ends


_BEHAVIOUR = """
    WITH loan AS MATERIALIZED (
        SELECT id, customer_id, dpd FROM lending_loan
        WHERE customer_id = ANY(%(customers)s) AND status NOT IN ('pending', 'cancelled')
    ), now AS (
        SELECT customer_id, max(dpd) AS dpd FROM loan GROUP BY customer_id
    ), an_end AS (
        SELECT customer_id, business_date, max(month.dpd) AS dpd
        FROM loan JOIN lending_monthend AS month ON month.loan_id = loan.id AND business_date = ANY(%(ends)s)
        GROUP BY customer_id, business_date
    ), before AS (
        SELECT customer_id, array_agg(dpd ORDER BY business_date DESC) AS ends FROM an_end GROUP BY customer_id
    ), recent AS (
        SELECT customer_id, sum(principal + interest - waived_interest) AS due,
            sum(paid_principal + paid_interest) AS paid
        FROM loan JOIN lending_instalment AS instalment ON instalment.loan_id = loan.id
        WHERE raised AND due_date > %(since)s AND due_date <= %(on)s
        GROUP BY customer_id
    )
    SELECT customer_id, now.dpd, coalesce(ends, '{}'), coalesce(due, 0), coalesce(paid, 0), line.limit, line.used
    FROM now JOIN lending_creditline AS line USING (customer_id)
    LEFT JOIN before USING (customer_id) LEFT JOIN recent USING (customer_id)
"""
