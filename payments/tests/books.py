"""A small ledger to seal: postings, the passing of time, and a superuser who alters what may not be altered."""

import datetime as dt
from decimal import Decimal

from django.db import connection, transaction

from core import clock
from payments import ledger, sealing
from payments.chart import AccountKind, account
from payments.ledger import credit, debit
from payments.models import Seal, Transfer

DAY = dt.date(2026, 11, 23)
POOL = account(AccountKind.FUND_POOL, funder="own")
LOANS = account(AccountKind.LOAN_PRINCIPAL, funder="own")
TABLES = ("payments_transfer", "payments_entry", "payments_account", "payments_seal", "payments_sealedtransfer")


def post(key: str, amount: str = "100.00") -> Transfer:
    """A drawdown, committed."""
    with transaction.atomic():
        return ledger.post(
            key=key,
            business_date=DAY,
            purpose="drawdown",
            reference="贷 1",
            entries=[debit(LOANS, Decimal(amount)), credit(POOL, Decimal(amount))],
        )


def soon(transfer: Transfer) -> dt.datetime:
    """The first instant at which the half hour of a transfer is over."""
    return sealing.last_mark(transfer.posted_at) + sealing.PERIOD


def tomorrow(transfer: Transfer) -> dt.datetime:
    """The first instant at which the day of a transfer is over."""
    return clock.start_of_day(clock.business_date_of(transfer.posted_at) + dt.timedelta(days=1))


def seal_all(now: dt.datetime) -> list[Seal]:
    """Every seal that is due at `now`."""
    return list(iter(lambda: sealing.seal_next(now), None))


def tamper(statement: str, *values: str | int | dt.datetime) -> None:
    """Run one statement as a superuser who has switched off every guard, and puts them back as they were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        always = (
            "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgenabled = 'A' AND tgrelid = ANY(%s::regclass[])"
        )
        cursor.execute(always, [list(TABLES)])
        guards = cursor.fetchall()
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(statement, values)
        assert cursor.rowcount, "nothing was altered"
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        for table, guard in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")


def forget_postings() -> None:
    """Empty the ledger of its transfers; the accounts stay open."""
    if Transfer.objects.exists():
        tamper("DELETE FROM payments_entry")
        tamper("DELETE FROM payments_transfer")
