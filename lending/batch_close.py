"""Closing many loans together: read by a few queries, reckoned one by one in memory, written by a few statements.

Only for loans whose close is plain (dues.plain_penalty_rate): nothing happens to them but an instalment falling due and
penalty running on. Their figures are those of the fold; what is not plain, or cannot be closed here, is left to it.

Any number of workers may do this side by side, and any of them may die: a batch is claimed by its row locks, and is
one transaction. It never waits for a lock, so it cannot be part of a deadlock: a loan that is busy is left out.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import structlog
from django.db import connection, transaction

from core import clock
from core.money import ZERO, round_money
from core.registry import LoanAged
from lending import aging, booking, buckets, dues, shares, standing
from lending.models import Funder, Loan, LoanEvent, Repayment
from lending.shares import Share
from payments import ledger

SIZE = 2000
ONE_DAY = dt.timedelta(days=1)
Kind = LoanEvent.Kind
log = structlog.get_logger(__name__)


class Row(NamedTuple):
    """An instalment that is due and not all paid: yuan, and late principal times days as of the loan's last close."""

    pk: int
    no: int
    due_date: dt.date
    principal: Decimal
    interest: Decimal
    raised: bool
    penalty: Decimal
    late_principal_days: Decimal
    paid_principal: Decimal
    paid_interest: Decimal
    paid_penalty: Decimal

    @property
    def total(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest

    @property
    def scheduled_unpaid(self) -> Decimal:
        """What makes it late."""
        return self.total - self.paid_principal - self.paid_interest


@dataclass(slots=True)
class Plain:
    """A loan as the batch reads it; `next_due` is the first due date after the date that is being closed."""

    pk: int
    serial: str
    customer_serial: str
    status: str
    last_closed_date: dt.date
    penalty_rate: Decimal
    interest_raised: Decimal
    penalty_raised: Decimal
    outstanding_principal: Decimal
    dpd: int
    events: int
    next_due: dt.date | None
    paying: bool
    shares: list[Share] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Closing:
    """What one close makes of a loan: its new figures, its changed rows, its events and their postings."""

    loan: Plain
    dpd: int = 0
    acts_on: dt.date | None = None
    rows: list[Row] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    postings: list[ledger.Posting] = field(default_factory=list)

    def happened(
        self, kind: LoanEvent.Kind, amount: Decimal, lines: list[ledger.Line], on: dt.date, **details: int
    ) -> None:
        """Add the next event, and its posting if it has one."""
        loan = self.loan
        loan.events += 1
        if lines:
            key = booking.key_of(loan.serial, loan.events)
            self.postings.append(ledger.Posting(key, f"loan_{kind.value}", loan.serial, lines))
        self.events.append((loan.pk, loan.events, kind.value, amount, json.dumps(details)))


def close_some(date: dt.date, *, size: int = SIZE) -> bool:
    """Claim up to `size` loans that act on business `date` and bring them to its end. False when none is left that is
    free and plain. A batch that cannot be closed is left to the fold, loan by loan; so is a loan that was to act on a
    day before, whose bookings belong to that day (dues.bring_up_to).
    """
    claimed: list[Plain] = []
    try:
        with transaction.atomic(durable=True):
            claimed = _claim(date, size)
            free = aging.lock_free([loan.serial for loan in claimed])
            closings = [reckon(loan, date) for loan in claimed if loan.serial in free]
            if closings:
                _write(closings, date)
    except Exception:
        if not claimed:
            raise
        log.exception("batch not closed", loans=len(claimed))
        Loan.objects.filter(pk__in=[loan.pk for loan in claimed]).update(plain_penalty_rate=None)
        return True
    return bool(closings)


def reckon(loan: Plain, date: dt.date) -> Closing:
    """What the close of business `date` makes of a plain loan: the same as the fold says. Changes `loan`'s totals."""
    closing = Closing(loan)
    closed = [_row_closed(loan, row, date) for row in loan.rows]
    closing.rows = [row for row, before in zip(closed, loan.rows, strict=True) if row != before]
    for before, row in zip(loan.rows, closed, strict=True):
        if not before.raised:
            parts = shares.of_income(loan.shares, row.interest, split_before=loan.interest_raised)
            closing.happened(Kind.DUE, row.total, booking.interest_lines(parts), date, instalment=row.no)
            loan.interest_raised += row.interest
    penalty = sum((row.penalty - before.penalty for row, before in zip(closed, loan.rows, strict=True)), ZERO)
    if penalty:
        parts = shares.of_income(loan.shares, penalty, split_before=loan.penalty_raised)
        closing.happened(Kind.PENALTY, penalty, booking.penalty_lines(parts), date)
        loan.penalty_raised += penalty
    unpaid = [row.due_date for row in closed if row.scheduled_unpaid]
    closing.dpd = max((date - min(unpaid)).days, 0) if unpaid else 0
    closing.acts_on = date + ONE_DAY if unpaid else loan.next_due
    loan.rows = closed
    return closing


def _row_closed(loan: Plain, row: Row, date: dt.date) -> Row:
    late = max((date - max(loan.last_closed_date, row.due_date)).days, 0)
    yuan_days = row.late_principal_days + (row.principal - row.paid_principal) * late
    penalty = round_money(yuan_days * loan.penalty_rate / standing.PENALTY_YEAR)
    return row._replace(raised=True, late_principal_days=yuan_days, penalty=penalty)


def _claim(date: dt.date, size: int) -> list[Plain]:
    """Plain loans that act on `date` and are not busy, locked, as they are now that they are locked."""
    claimed = """
        SELECT id FROM lending_loan
        WHERE status IN ('active', 'overdue') AND acts_on = %s AND plain_penalty_rate IS NOT NULL
        LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    """
    ids = [pk for (pk,) in _fetch(claimed, [date, size])]
    figures = """
        SELECT loan.id, loan.serial, customer.serial, loan.status, last_closed_date, plain_penalty_rate,
            interest_raised, penalty_raised, outstanding_principal, dpd,
            (SELECT max(no) FROM lending_loanevent WHERE loan_id = loan.id),
            (SELECT min(due_date) FROM lending_instalment WHERE loan_id = loan.id AND due_date > %s),
            EXISTS (SELECT FROM lending_repayment WHERE loan_id = loan.id AND status = %s)
        FROM lending_loan AS loan JOIN accounts_customer AS customer ON customer.id = customer_id
        WHERE loan.id = ANY(%s) AND last_closed_date < %s
    """
    loans = {row[0]: Plain(*row) for row in _fetch(figures, [date, Repayment.Status.PROCESSING, ids, date])}
    rows = """
        SELECT loan_id, id, no, due_date, principal, interest, raised, penalty, late_principal_days,
            paid_principal, paid_interest, paid_penalty
        FROM lending_instalment
        WHERE loan_id = ANY(%s) AND due_date <= %s AND NOT (raised
            AND principal = paid_principal AND interest = paid_interest AND penalty = paid_penalty)
        ORDER BY loan_id, no
    """
    for loan_id, *row in _fetch(rows, [list(loans), date]):
        loans[loan_id].rows.append(Row(*row))
    funders = {funder.pk: funder for funder in Funder.objects.all()}
    funding = """
        SELECT loan_id, funder_id, share, income_share FROM lending_loanfunding
        WHERE loan_id = ANY(%s) ORDER BY position
    """
    for loan_id, funder_id, principal, income in _fetch(funding, [list(loans)]):
        loans[loan_id].shares.append(Share(funders[funder_id], principal, income))
    return list(loans.values())


def _fetch(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _write(closings: Sequence[Closing], date: dt.date) -> None:
    _write_rows(row for closing in closings for row in closing.rows)
    postings = [posting for closing in closings for posting in closing.postings]
    if postings:
        ledger.post_many(postings, business_date=date)
    _write_events([event for closing in closings for event in closing.events], date)
    _write_figures(closings, date)
    turned = Loan.objects.filter(pk__in=[closing.loan.pk for closing in closings if _turned(closing)])
    dues.show_fallen_overdue([loan for loan in turned if loan.dpd])
    for loan in turned:
        if not loan.dpd:
            dues.show_lateness(loan)
    aging.announce_all([_said(closing, date) for closing in closings if closing.dpd or closing.loan.dpd])


def _write_rows(rows: Iterable[Row]) -> None:
    changed = [(row.pk, row.penalty, row.late_principal_days) for row in rows]
    columns: list[list[Any]] = [list(column) for column in zip(*changed, strict=True)]
    if not columns:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE lending_instalment AS row
            SET raised = TRUE, penalty = new.penalty, late_principal_days = new.late_principal_days
            FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS new (id, penalty, late_principal_days)
            WHERE row.id = new.id
            """,
            columns,
        )


def _write_events(events: Sequence[tuple[Any, ...]], date: dt.date) -> None:
    columns: list[list[Any]] = [list(column) for column in zip(*events, strict=True)]
    if not columns:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO lending_loanevent
                (loan_id, no, kind, business_date, value_date, amount, details, reference, recorded_at)
            SELECT loan_id, no, kind, %s, %s, amount, details::jsonb, '', %s
            FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::numeric[], %s::text[])
                AS new (loan_id, no, kind, amount, details)
            """,
            [date, date, clock.real_now(), *columns],
        )


def _write_figures(closings: Sequence[Closing], date: dt.date) -> None:
    """All but the status, which changes by its transitions alone."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for closing in closings:
        columns["id"].append(closing.loan.pk)
        columns["acts_on"].append(closing.acts_on)
        columns["dpd"].append(closing.dpd)
        columns["interest"].append(closing.loan.interest_raised)
        columns["penalty"].append(closing.loan.penalty_raised)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE lending_loan AS loan
            SET last_closed_date = %(date)s, acts_on = new.acts_on, dpd = new.dpd,
                interest_raised = new.interest, penalty_raised = new.penalty
            FROM unnest(%(id)s::bigint[], %(acts_on)s::date[], %(dpd)s::int[], %(interest)s::numeric[],
                %(penalty)s::numeric[]) AS new (id, acts_on, dpd, interest, penalty)
            WHERE loan.id = new.id
            """,
            {**columns, "date": date},
        )


def _turned(closing: Closing) -> bool:
    """Whether the loan has become overdue, or is so no more."""
    return bool(closing.dpd) != (closing.loan.status == Loan.Status.OVERDUE)


def _said(closing: Closing, date: dt.date) -> LoanAged:
    """How the loan stands, for collections."""
    loan = closing.loan
    late = [row for row in loan.rows if row.due_date < date]
    return LoanAged(
        loan_serial=loan.serial,
        customer_serial=loan.customer_serial,
        business_date=date,
        dpd=closing.dpd,
        bucket=buckets.bucket(closing.dpd),
        arrears=sum((row.scheduled_unpaid + row.penalty - row.paid_penalty for row in late), ZERO),
        outstanding_principal=loan.outstanding_principal,
        payment_on_its_way=loan.paying,
    )
