"""What happened to the partner's loans and it has not been told yet: their events, and what each moved in the ledger.

A loan's events are told in their order, up to the first one of a later business date. What is booked late, for a day
that has been told already, is told with the next day, under its own date.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from lending import booking
from lending.day_files.closing import FUNDED, in_steps
from lending.day_files.parts import Weights
from lending.models import Funder
from payments.chart import AccountKind

FACTS = (
    "loan_id",
    "loan",
    "no",
    "kind",
    "booked_on",
    "value_date",
    "amount",
    "reference",
    "recorded_at",
    "recovered_before",
)
UNTOLD = f"""
    WITH funded AS ({FUNDED}), fresh AS (
        SELECT event.*, loan.serial, place, funded.principal AS weights,
            bool_and(event.business_date <= %(date)s) OVER (PARTITION BY event.loan_id ORDER BY event.no) AS in_time
        FROM funded JOIN lending_loan AS loan ON loan.id = funded.loan_id
        LEFT JOIN lending_toldloan AS told ON told.loan_id = loan.id AND told.partner_id = %(partner)s
        JOIN lending_loanevent AS event ON event.loan_id = loan.id AND event.no > coalesce(told.no, 0)
    )
    SELECT loan_id, serial, no, kind, business_date, coalesce(value_date, business_date), amount, reference,
        recorded_at,
        CASE WHEN details ? 'recovered' THEN (
            SELECT coalesce(sum((details ->> 'recovered')::numeric), 0) FROM lending_loanevent AS earlier
            WHERE earlier.loan_id = fresh.loan_id AND earlier.no < fresh.no
        ) ELSE 0 END,
        details, place, weights
    FROM fresh WHERE in_time ORDER BY serial COLLATE "C", no
"""  # noqa: S608
MOVED = """
    SELECT key, kind, sum(signed), coalesce(sum(amount) FILTER (WHERE owner = %(partner)s AND signed > 0), 0),
        coalesce(sum(amount) FILTER (WHERE owner = %(partner)s AND signed < 0), 0),
        count(*) FILTER (WHERE owner = %(partner)s)
    FROM (
        SELECT key, account.kind, account.owner, entry.amount,
            CASE side WHEN 'debit' THEN entry.amount ELSE -entry.amount END AS signed
        FROM payments_transfer AS transfer
        JOIN payments_entry AS entry ON entry.transfer_id = transfer.id
        JOIN payments_account AS account ON account.code = entry.account
        WHERE key = ANY(%(keys)s)
    ) AS moved
    GROUP BY key, kind
"""


class Moved(NamedTuple):
    """What an event moved on the accounts of one kind, fen: debits less credits of all funders; the partner's debits,
    credits and number of entries."""

    whole: int = 0
    debit: int = 0
    credit: int = 0
    entries: int = 0

    @property
    def part(self) -> int:
        """The partner's debits less its credits."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a loan, with its postings. Amounts in yuan as the event has them; `recovered_before` is what of its
    written-off claim had been recovered."""

    loan_id: int
    loan: str
    no: int
    kind: str
    booked_on: dt.date
    value_date: dt.date
    amount: Decimal
    reference: str
    recorded_at: dt.datetime
    recovered_before: Decimal
    details: Mapping[str, Any]
    weights: Weights
    moved: Mapping[str, Moved]

    def of(self, kind: AccountKind) -> Moved:
        """What it moved on accounts of this kind."""
        return self.moved.get(kind.value, Moved())


def untold(partner: Funder, date: dt.date) -> Iterator[Happening]:
    """The events of the partner's loans up to business `date` that it has not been told of, by loan, in their order.
    Part of a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(UNTOLD, {"partner": partner.pk, "date": date})
        for rows in in_steps(cursor):
            keys = [booking.key_of(row[1], row[2]) for row in rows]
            moved = _moved(partner, keys)
            for key, (*event, details, place, weights) in zip(keys, rows, strict=True):
                facts = dict(zip(FACTS, event, strict=True))
                yield Happening(
                    **facts, details=json.loads(details), weights=Weights(weights, place), moved=moved.get(key, {})
                )


def _moved(partner: Funder, keys: list[str]) -> dict[str, dict[str, Moved]]:
    found: dict[str, dict[str, Moved]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"partner": partner.code, "keys": keys})
        for key, kind, whole, debit, credit, entries in cursor.fetchall():
            found.setdefault(key, {})[kind] = Moved(int(whole * 100), int(debit * 100), int(credit * 100), entries)
    return found
