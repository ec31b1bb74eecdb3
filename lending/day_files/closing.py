"""The partner's standing loans at the end of a day, from their stored rows: one query for all of them.

A loan on which more was booked since (the next day's first payments) is folded as it was known; the others are read.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any

from django.db import connection

from core.money import to_fen
from lending import dues, standing
from lending.day_files.balances import Row, StandingLoan
from lending.day_files.parts import Weights
from lending.models import Funder, Instalment, Loan, LoanEvent

FETCH = 5000
FUNDED = """
    SELECT loan_id, max(position) FILTER (WHERE funder_id = %(partner)s) - 1 AS place,
        array_agg((share * 10000000000)::bigint ORDER BY position) AS principal,
        array_agg((income_share * 10000000000)::bigint ORDER BY position) AS income
    FROM lending_loanfunding GROUP BY loan_id HAVING bool_or(funder_id = %(partner)s)
"""
STANDING = f"""
    WITH funded AS ({FUNDED}), latest AS MATERIALIZED (
        SELECT loan.id, serial, status, told.no,
            (SELECT max(no) FROM lending_loanevent WHERE loan_id = loan.id) > told.no AS moved
        FROM lending_toldloan AS told JOIN lending_loan AS loan ON loan.id = told.loan_id
        WHERE told.partner_id = %(partner)s
    )
    SELECT serial, latest.id, latest.no, moved, place, funded.principal, funded.income,
        row.no, row.start, row.due_date, raised, (row.principal * 100)::bigint, (interest * 100)::bigint,
        (penalty * 100)::bigint, (paid_principal * 100)::bigint, ((paid_interest + waived_interest) * 100)::bigint,
        ((paid_penalty + waived_penalty) * 100)::bigint
    FROM latest JOIN funded ON funded.loan_id = latest.id
    LEFT JOIN lending_instalment AS row ON row.loan_id = latest.id AND NOT moved
    WHERE moved OR status IN ('active', 'overdue')
    ORDER BY serial COLLATE "C", row.no
"""  # noqa: S608


def standing_loans(partner: Funder, day: dt.date) -> Iterator[StandingLoan]:
    """The loans standing at the end of `day` by what the partner has been told (ToldLoan), by serial number. Part of a
    transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(STANDING, {"partner": partner.pk})
        for head, rows in groupby(chain.from_iterable(in_steps(cursor)), key=lambda row: row[:7]):
            serial, loan_id, told, moved, place, principal, income = head
            stands = _as_known(loan_id, told, day) if moved else [Row(*row[7:]) for row in rows]
            if stands:
                yield StandingLoan(serial, Weights(principal, place), Weights(income, place), stands)


def in_steps(cursor: Any) -> Iterator[list[Any]]:
    """The rows of a cursor, many at a time."""
    while rows := cursor.fetchmany(FETCH):
        yield rows


def _as_known(loan_id: int, told: int, day: dt.date) -> list[Row]:
    """The rows at the end of `day` by the events up to number `told`; none where the loan does not stand any more."""
    loan = Loan.objects.get(pk=loan_id)
    last = LoanEvent.objects.get(loan=loan, no=told)
    if last.kind == LoanEvent.Kind.RETURN:
        return []
    folded = standing.fold_of(loan, day, known_at=last.recorded_at)
    if folded.claims is not None or folded.is_settled:
        return []
    return [_row(row) for row in dues.schedule_of(loan, folded)]


def _row(row: Instalment) -> Row:
    figures = (
        *(row.principal, row.interest, row.penalty, row.paid_principal),
        *(row.paid_interest + row.waived_interest, row.paid_penalty + row.waived_penalty),
    )
    return Row(row.no, row.start, row.due_date, row.raised, *map(to_fen, figures))
