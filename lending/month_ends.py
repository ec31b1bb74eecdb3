"""How the loans stood at the end of each month, kept by that day's close; and how they rolled on to the next."""

import datetime as dt
from decimal import Decimal

from django.db import connection, transaction

from lending.models import MonthEnd

ONE_DAY = dt.timedelta(days=1)


@transaction.atomic(durable=True)
def keep(date: dt.date) -> None:
    """Keep how every standing loan stands, if `date` ends its month. Again is harmless."""
    if (date + ONE_DAY).day != 1 or MonthEnd.objects.filter(business_date=date).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO lending_monthend (loan_id, business_date, dpd, principal)
            SELECT id, %s, dpd, outstanding_principal FROM lending_loan WHERE status IN ('active', 'overdue')
            """,
            [date],
        )


def last_two(on: dt.date) -> tuple[dt.date, dt.date] | None:
    """The two latest month's ends kept up to business date `on`, the earlier first; None while there is one."""
    ends = MonthEnd.objects.filter(business_date__lte=on).order_by("-business_date")
    last = ends.values_list("business_date", flat=True).first()
    earlier = ends.filter(business_date__lt=last).values_list("business_date", flat=True).first() if last else None
    return (earlier, last) if earlier and last else None


def rolled(earlier: dt.date, later: dt.date) -> list[tuple[int, int | None, Decimal]]:
    """Days past due at one month's end and at another (None: no longer standing), and the principal, in yuan as of the
    earlier, of the loans that went this way."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT earlier.dpd, later.dpd, sum(earlier.principal)
            FROM lending_monthend AS earlier
            LEFT JOIN lending_monthend AS later ON later.loan_id = earlier.loan_id AND later.business_date = %s
            WHERE earlier.business_date = %s GROUP BY 1, 2 ORDER BY 1, 2
            """,
            [later, earlier],
        )
        return cursor.fetchall()
