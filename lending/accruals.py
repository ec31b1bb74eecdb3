"""The day's accrual, in totals by product and funder: what the ledger should say less what it says is posted.

accrued     interest of the open periods, not yet billed; once billed it is no longer part of this, so that income is
            earned by the day and billed by the instalment
suspended   interest and penalty billed but unpaid on loans more than 90 days past due (non-accrual): no income until
            they are paid; and such loans accrue nothing (domain rules, Interest and repayment)

Posting the difference of two totals makes the accrual true again every day, whatever was booked late.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from core.money import ZERO
from lending.models import DayAccrual, Funder
from payments import ledger
from payments.chart import AccountKind, account
from payments.ledger import Line

NON_ACCRUAL_ABOVE = 90  # days past due
PURPOSE = "day_accrual"

# Parts as lending.split makes them of running totals: each funder but the last rounded half up, the last the rest.
TOTALS = """
WITH standing AS (
    SELECT id, frozen_terms ->> 'product' AS product, dpd > %(limit)s AS idle, interest_raised, penalty_raised,
        interest_paid + interest_waived AS interest_paid, penalty_paid + penalty_waived AS penalty_paid
    FROM lending_loan WHERE status IN ('active', 'overdue')
), amount AS (
    SELECT standing.id, product,
        round(row.interest * (%(date)s - row.start) / (row.due_date - row.start), 2) AS accrued,
        0.00 AS interest_raised, 0.00 AS interest_paid, 0.00 AS penalty_raised, 0.00 AS penalty_paid
    FROM standing JOIN lending_instalment AS row ON row.loan_id = standing.id
    WHERE NOT idle AND NOT row.raised AND row.start <= %(date)s AND row.due_date > %(date)s
    UNION ALL
    SELECT id, product, 0.00, interest_raised, interest_paid, penalty_raised, penalty_paid FROM standing WHERE idle
), share AS (
    SELECT loan_id, funder_id, income_share AS share, last_value(funder_id) OVER whole AS last_funder,
        position = max(position) OVER whole AS is_last
    FROM lending_loanfunding
    WINDOW whole AS (PARTITION BY loan_id ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), part AS (
    SELECT product, funder_id, last_funder, is_last,
        CASE WHEN is_last THEN accrued ELSE round(accrued * share, 2) END AS accrued,
        CASE WHEN is_last THEN interest_raised - interest_paid
            ELSE round(interest_raised * share, 2) - round(interest_paid * share, 2) END AS interest,
        CASE WHEN is_last THEN penalty_raised - penalty_paid
            ELSE round(penalty_raised * share, 2) - round(penalty_paid * share, 2) END AS penalty
    FROM amount JOIN share ON share.loan_id = amount.id
), total AS (
    SELECT product, funder_id, last_funder, is_last, sum(accrued) AS accrued, sum(interest) AS interest,
        sum(penalty) AS penalty
    FROM part GROUP BY product, funder_id, last_funder, is_last
)
SELECT product, funder_id, sum(accrued), sum(interest), sum(penalty) FROM (
    SELECT product, funder_id, accrued, interest, penalty FROM total
    UNION ALL
    SELECT product, last_funder, -accrued, -interest, -penalty FROM total WHERE NOT is_last
) AS each
GROUP BY product, funder_id
"""


@dataclass(frozen=True)
class Totals:
    """Yuan: earned but not billed, and of the billed what is suspended."""

    accrued: Decimal = ZERO
    suspended_interest: Decimal = ZERO
    suspended_penalty: Decimal = ZERO


@transaction.atomic(durable=True)
def post(date: dt.date) -> None:
    """Post the accrual of business `date`, once all loans are closed up to it. Again is harmless."""
    if DayAccrual.objects.filter(business_date=date).exists():
        return
    before, now = _posted(), totals(date)
    funders = {funder.pk: funder for funder in Funder.objects.all()}
    for product, funder_id in sorted(before.keys() | now.keys()):
        funder, to = funders[funder_id], now.get((product, funder_id), Totals())
        lines = _lines(funder.code, before.get((product, funder_id), Totals()), to)
        if lines:
            key = f"accrual:{date}:{product}:{funder.code}"
            ledger.post(key=key, business_date=date, purpose=PURPOSE, reference=product, entries=lines)
        DayAccrual.objects.create(
            business_date=date,
            product_code=product,
            funder=funder,
            accrued=to.accrued,
            suspended_interest=to.suspended_interest,
            suspended_penalty=to.suspended_penalty,
        )


def totals(date: dt.date) -> dict[tuple[str, int], Totals]:
    """What is accrued and suspended at the end of business `date`, by product code and funder."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")  # to order a million shares without writing them to disk
        cursor.execute(TOTALS, {"date": date, "limit": NON_ACCRUAL_ABOVE})
        return {(product, funder): Totals(*amounts) for product, funder, *amounts in cursor.fetchall()}


def _posted() -> dict[tuple[str, int], Totals]:
    """What the last day's posting left."""
    last = DayAccrual.objects.order_by("-business_date").first()
    rows = DayAccrual.objects.filter(business_date=last.business_date) if last else []
    return {
        (row.product_code, row.funder_id): Totals(row.accrued, row.suspended_interest, row.suspended_penalty)
        for row in rows
    }


def _lines(funder: str, before: Totals, now: Totals) -> list[Line]:
    """Debit what is accrued and credit income; debit income and credit what is suspended."""
    accrued = account(AccountKind.INTEREST_ACCRUED, funder=funder)
    suspended = account(AccountKind.SUSPENDED_INCOME, funder=funder)
    interest = account(AccountKind.INTEREST_INCOME, funder=funder)
    penalty = account(AccountKind.PENALTY_INCOME, funder=funder)
    return [
        *_moved(accrued, interest, now.accrued - before.accrued),
        *_moved(interest, suspended, now.suspended_interest - before.suspended_interest),
        *_moved(penalty, suspended, now.suspended_penalty - before.suspended_penalty),
    ]


def _moved(debited: str, credited: str, amount: Decimal) -> list[Line]:
    """Nothing for zero; the other way round for less than zero."""
    if amount < 0:
        debited, credited = credited, debited
    return [ledger.debit(debited, abs(amount)), ledger.credit(credited, abs(amount))] if amount else []
