"""A closed day taken back, for the benchmark alone: the rows it wrote are kept aside, and written again by bare SQL.

Guards and foreign keys are off for this: what is measured is only how long PostgreSQL needs to write these rows.
"""

import datetime as dt
import time

from django.db import connection, transaction

# Rows that the close adds, and those that it changes.
ADDED = {
    "lending_loanevent": "business_date = '{day}' AND recorded_at > (SELECT max(at) FROM bench_began)",
    "payments_transfer": "business_date = '{day}'",
    "payments_entry": "transfer_id IN (SELECT id FROM payments_transfer WHERE business_date = '{day}')",
    "lending_monthend": "business_date = '{day}'",
    "lending_dayaccrual": "business_date = '{day}'",
    "lending_closedday": "business_date = '{day}'",
    "core_transitionlog": "at > (SELECT max(at) FROM bench_began)",
    "debt_collection_contactattempt": "business_date = '{day}'",
    "core_work": "kind = 'send_reminder'",
}
CHANGED = {
    "lending_loan": (
        "acts_on <= '{day}'",
        ("status", "dpd", "last_closed_date", "acts_on", "interest_raised", "penalty_raised"),
    ),
    "lending_instalment": (
        "due_date <= '{day}' AND loan_id IN (SELECT id FROM lending_loan WHERE acts_on <= '{day}')",
        ("raised", "penalty", "late_principal_days"),
    ),
    "debt_collection_collectioncase": ("TRUE", ("business_date", "dpd", "bucket", "arrears", "outstanding_principal")),
}
NEW_CASES = "id > (SELECT max(id) FROM before_debt_collection_collectioncase)"


def _run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def _guards(verb: str) -> list[str]:
    return [f"ALTER TABLE {table} {verb} TRIGGER USER" for table in ADDED]


def remember(day: dt.date) -> None:
    """Keep aside what the close of `day` will change."""
    _run(
        "CREATE UNLOGGED TABLE bench_began AS SELECT clock_timestamp() AS at",
        *(
            f"CREATE UNLOGGED TABLE before_{table} AS SELECT * FROM {table} WHERE {which.format(day=day)}"
            for table, (which, _fields) in CHANGED.items()
        ),
    )


def undo(day: dt.date) -> None:
    """Keep aside what the close of `day` wrote, and take it back."""
    kept = [
        f"DROP TABLE IF EXISTS after_{table}; CREATE UNLOGGED TABLE after_{table} AS "
        f"SELECT * FROM {table} WHERE {which.format(day=day)}"
        for table, which in ADDED.items()
    ]
    kept += [
        f"DROP TABLE IF EXISTS after_{table}; CREATE UNLOGGED TABLE after_{table} AS "
        f"SELECT {table}.* FROM {table} JOIN before_{table} USING (id)"
        for table in CHANGED
    ]
    cases = "debt_collection_collectioncase"
    kept.append(
        f"DROP TABLE IF EXISTS new_cases; CREATE UNLOGGED TABLE new_cases AS SELECT * FROM {cases} WHERE {NEW_CASES}"
    )
    gone = [f"DELETE FROM {table} USING after_{table} AS old WHERE {table}.id = old.id" for table in reversed(ADDED)]
    back = [_restore(table, "before") for table in CHANGED]
    _run(*kept, *_guards("DISABLE"), *gone, f"DELETE FROM {cases} WHERE {NEW_CASES}", *back, *_guards("ENABLE"))
    _always()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def replay() -> float:
    """Let bare SQL write the same rows again: one scan of the loans, the changes, the additions. Returns seconds."""
    _run(*_guards("DISABLE"))
    began = time.perf_counter()
    _run(
        "SELECT count(*), sum(outstanding_principal) FROM lending_loan WHERE dpd >= 0",
        *(_restore(table, "after") for table in CHANGED),
        *(f"INSERT INTO {table} SELECT * FROM after_{table}" for table in ADDED),
        "INSERT INTO debt_collection_collectioncase SELECT * FROM new_cases",
    )
    taken = time.perf_counter() - began
    _run(*_guards("ENABLE"))
    _always()
    return taken


def forget_work() -> None:
    """Let the day be asked for once more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_work")


def end_leases() -> None:
    """As if a minute had passed since the workers were killed."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_work SET lease_until = clock_timestamp() WHERE state = 'running'")


def _restore(table: str, side: str) -> str:
    fields = CHANGED[table][1]
    columns = ", ".join(f"{field} = other.{field}" for field in fields)
    return f"UPDATE {table} SET {columns} FROM {side}_{table} AS other WHERE {table}.id = other.id"


def _always() -> None:
    """The ledger's guards stand even where a session claims to be a replica."""
    _run(
        *(
            f"ALTER TABLE payments_{table} ENABLE ALWAYS TRIGGER payments_{table}_{guard}"
            for table in ("transfer", "entry")
            for guard in ("balanced", "append_only", "no_truncate")
        )
    )
