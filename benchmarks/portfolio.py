"""A portfolio made in bulk for the benchmarks: loans at a month's end as the product would hold them.

Each loan is one of a few hundred patterns (how far it has come, how much, alone or jointly funded), whose schedule the
product's own function makes. The first loans have all their payments as events, so that the fold can check them.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as pairs
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts import customers
from core.money import ZERO, round_money
from lending import frozen_terms, products
from lending.models import Funder
from lending.schedule import make_schedule

RATE, PENALTY_RATE, TERM = Decimal("0.1224"), Decimal("0.1836"), 12
AMOUNTS = [Decimal(amount) for amount in ("1000", "5000", "10000", "23456.78", "73000")]
PAID, CUSTOMERS = 6, 1000
ONE_DAY = dt.timedelta(days=1)
# Days past due on the day to be closed, and how many of a thousand loans; the others are quiet.
DUE_TODAY, LATE_SINCE_TODAY, OVERDUE, NON_ACCRUAL = 100, 3, (5, 12, 20, 40, 70), (120, 200)
OVERDUE_EACH, NON_ACCRUAL_EACH = 10, 5


@dataclass(frozen=True)
class Pattern:
    """Loans whose next unpaid instalment is `dpd` days past due on the day to be closed (negative: still to come)."""

    number: int
    dpd: int
    principal: Decimal


def kinds() -> list[int]:
    """For each of a thousand loans its days past due: 10 % due, 5 % overdue, 1 % non-accrual."""
    late = [dpd for dpd in OVERDUE for _loan in range(OVERDUE_EACH - 1)] + [1] * (len(OVERDUE) + LATE_SINCE_TODAY)
    late += [dpd for dpd in NON_ACCRUAL for _loan in range(NON_ACCRUAL_EACH)]
    acting = [0] * DUE_TODAY + late
    return acting + [-1 - number % 27 for number in range(1000 - len(acting))]


def make(count: int, day: dt.date, *, told: int, borrowers: list[int] | None = None) -> None:
    """Write `count` running loans as they are before `day` is closed; the first `told` with their payments.

    They are lent in turn to the customers with the ids `borrowers`, or to a thousand new ones.
    """
    patterns = {key: Pattern(number, *key) for number, key in enumerate(pairs(sorted(set(kinds())), AMOUNTS), 1)}
    borrowers = borrowers or _new_customers()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no foreign keys are checked row by row
        _write_patterns(cursor, patterns.values(), day)
        per_kind = {dpd: patterns[dpd, AMOUNTS[0]].number for dpd in set(kinds())}
        cursor.execute(
            "CREATE TEMP TABLE kind AS SELECT n, pattern FROM unnest(%s::int[]) WITH ORDINALITY AS k (pattern, n)",
            [[per_kind[dpd] for dpd in kinds()]],
        )
        own, partner = (Funder.objects.get(kind=kind).pk for kind in (Funder.Kind.DIRECT, Funder.Kind.PARTNER))
        values: dict[str, Any] = {
            "count": count,
            "told": told,
            "day": day,
            "amounts": len(AMOUNTS),
            "borrowers": borrowers,
            "many": len(borrowers),
            "own": own,
            "partner": partner,
            "rate": RATE,
            "penalty": PENALTY_RATE,
            "term": TERM,
            "product": products.find("consumer", on=day).pk,
        }
        for statement in LOANS:
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@transaction.atomic
def _new_customers() -> list[int]:
    return [customers.register(mobile=f"139{number:08d}", language="en").pk for number in range(CUSTOMERS)]


def _write_patterns(cursor: CursorWrapper, patterns: Iterable[Pattern], day: dt.date) -> None:
    cursor.execute(
        """
        CREATE TEMP TABLE pattern (number int, principal numeric, dpd int, value_date date, maturity date, acts_on date,
            frozen jsonb, interest_raised numeric, penalty_raised numeric, principal_paid numeric,
            interest_paid numeric);
        CREATE TEMP TABLE pattern_row (number int, no int, start date, due_date date, principal numeric,
            interest numeric, balance numeric, raised boolean, penalty numeric, yuan_days numeric, paid boolean)
        """
    )
    frozen = frozen_terms.freeze(products.find("consumer", on=day), "equal_instalment")
    for pattern in patterns:
        rows = list(_rows(pattern, day, frozen))
        cursor.executemany("INSERT INTO pattern_row VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", rows)
    for pattern in patterns:
        cursor.execute(
            """
            INSERT INTO pattern SELECT %(number)s, %(principal)s, %(dpd)s, min(start), max(due_date),
                CASE WHEN %(dpd)s > 0 THEN %(day)s::date ELSE min(due_date) FILTER (WHERE NOT raised) END, %(frozen)s,
                coalesce(sum(interest) FILTER (WHERE raised), 0), sum(penalty),
                coalesce(sum(principal) FILTER (WHERE paid), 0), coalesce(sum(interest) FILTER (WHERE paid), 0)
            FROM pattern_row WHERE number = %(number)s
            """,
            {**pattern.__dict__, "day": day, "frozen": json.dumps(frozen)},
        )


def _rows(pattern: Pattern, day: dt.date, frozen: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The schedule whose instalment PAID + 1 is due `dpd` days before `day`, as the close of the day before left it."""
    falls_due = day - pattern.dpd * ONE_DAY
    months = falls_due.year * 12 + falls_due.month - 1 - (PAID + 1)
    value_date = dt.date(months // 12, months % 12 + 1, falls_due.day)
    terms = frozen_terms.terms(
        frozen, principal=pattern.principal, annual_rate=RATE, term_months=TERM, value_date=value_date
    )
    closed = day - ONE_DAY
    for row in make_schedule(terms).rows:
        paid, raised = row.no <= PAID, row.due <= closed
        yuan_days = row.principal * (closed - row.due).days if raised and not paid else ZERO
        penalty = round_money(yuan_days * PENALTY_RATE / 365)
        yield (
            *(pattern.number, row.no, row.start, row.due, row.principal, row.interest, row.balance),
            *(raised, penalty, yuan_days, paid),
        )


# Sums are the patterns' own; serial numbers are numbers alone, so that nothing mistakes them for one of ours.
LOANS = [
    """
    CREATE TEMP TABLE made AS
    SELECT id, kind.pattern + (id / 1000) %% %(amounts)s AS pattern, (id / 7) %% 10 < 3 AS joint
    FROM generate_series(1, %(count)s) AS loan (id) JOIN kind ON kind.n = id %% 1000 + 1
    """,
    """
    INSERT INTO lending_loanapplication (id, serial, customer_id, product_id, status, amount, term_months, method,
        purpose, employment, employment_years, housing, home_address, employer, contact_mobile, monthly_income,
        monthly_expenses, monthly_debt, decision_serial, reasons, submitted_at)
    SELECT id, 'APP' || id, (%(borrowers)s::bigint[])[1 + id %% %(many)s], %(product)s, 'confirmed', 10000, %(term)s,
        'equal_instalment', 'appliances', 'fixed', 6, 'rent', '', '', '', 12000, 3000, 0, '', '[]',
        now()
    FROM made
    """,
    """
    INSERT INTO lending_loan (id, serial, application_id, customer_id, status, principal, annual_rate, term_months,
        frozen_terms, value_date, maturity_date, outstanding_principal, interest_raised, penalty_raised, principal_paid,
        interest_paid, penalty_paid, dpd, last_closed_date, acts_on, plain_penalty_rate, payout_order, confirmed_at,
        interest_waived, penalty_waived, principal_lost, interest_lost, penalty_lost, recovered, claim, overpaid,
        refunded)
    SELECT id, 'BENCH' || id, id, (%(borrowers)s::bigint[])[1 + id %% %(many)s],
        CASE WHEN dpd > 1 THEN 'overdue' ELSE 'active' END, principal, %(rate)s, %(term)s, frozen, value_date, maturity,
        principal - principal_paid, interest_raised, penalty_raised, principal_paid, interest_paid, 0,
        greatest(dpd - 1, 0), %(day)s::date - 1, acts_on, %(penalty)s, '', now(), 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM made JOIN pattern ON pattern.number = made.pattern
    """,
    """
    INSERT INTO lending_instalment (loan_id, no, start, due_date, principal, interest, balance, raised, penalty,
        late_principal_days, paid_principal, paid_interest, paid_penalty, waived_interest, waived_penalty)
    SELECT made.id, no, start, due_date, principal, interest, balance, raised, penalty, yuan_days,
        CASE WHEN paid THEN principal ELSE 0 END, CASE WHEN paid THEN interest ELSE 0 END, 0, 0, 0
    FROM made JOIN pattern_row ON pattern_row.number = made.pattern ORDER BY made.id, no
    """,
    """
    INSERT INTO lending_loanfunding (loan_id, position, funder_id, share, income_share, servicing_fee)
    SELECT id, 1, %(own)s, own_share, own_share, 0 FROM (
        SELECT id, CASE WHEN joint THEN 0.3 ELSE 1 END AS own_share FROM made
    ) AS each
    UNION ALL SELECT id, 2, %(partner)s, 0.7, 0.7, 0 FROM made WHERE joint
    """,
    """
    INSERT INTO lending_loanevent (loan_id, no, kind, business_date, value_date, amount, details, reference,
        recorded_at)
    SELECT made.id, 1, 'disbursement', value_date, value_date, principal, '{}', '', now()
    FROM made JOIN pattern ON pattern.number = made.pattern
    """,
    """
    INSERT INTO lending_loanevent (loan_id, no, kind, business_date, value_date, amount, details, reference,
        recorded_at)
    SELECT made.id, 1 + no, 'due', due_date, due_date, principal + interest, '{}', '', now()
    FROM made JOIN pattern_row ON pattern_row.number = made.pattern WHERE raised AND made.id <= %(told)s
    """,
    """
    INSERT INTO lending_loanevent (loan_id, no, kind, business_date, value_date, amount, details, reference,
        recorded_at)
    SELECT made.id, 100 + no, 'payment', due_date, due_date, principal + interest, '{"strategy": ""}',
        'P' || made.id || '.' || no, now()
    FROM made JOIN pattern_row ON pattern_row.number = made.pattern WHERE paid AND made.id <= %(told)s
    """,
    """
    INSERT INTO debt_collection_collectioncase (serial, loan_serial, customer_serial, status, business_date, dpd,
        bucket, arrears, outstanding_principal, opened_at)
    SELECT 'CASE' || loan.id, loan.serial, customer.serial, 'open', last_closed_date, dpd, 'M1', 1,
        outstanding_principal, now()
    FROM lending_loan AS loan JOIN accounts_customer AS customer ON customer.id = customer_id WHERE dpd > 0
    """,
    # A ledger that has been in use: an empty one would have PostgreSQL plan for empty tables.
    """
    INSERT INTO payments_transfer (id, serial, key, content_hash, business_date, purpose, reference, amount, posted_at)
    SELECT -id, 'OLD' || id, 'old:' || id, '', value_date, 'loan_disbursement', 'BENCH' || id, principal, now()
    FROM made JOIN pattern ON pattern.number = made.pattern WHERE made.id <= 100000
    """,
    """
    INSERT INTO payments_account (code, kind, owner, opened_at)
    VALUES ('loan_principal:own', 'loan_principal', 'own', now()), ('payout_clearing', 'payout_clearing', '', now())
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO payments_entry (transfer_id, account, side, amount)
    SELECT -made.id, account, side, principal FROM made JOIN pattern ON pattern.number = made.pattern,
        (VALUES ('loan_principal:own', 'debit'), ('payout_clearing', 'credit')) AS line (account, side)
    WHERE made.id <= 100000
    """,
    "SELECT setval(pg_get_serial_sequence('lending_loan', 'id'), %(count)s)",
]
