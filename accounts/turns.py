"""One at a time for the same key, where there is no row yet that could be locked."""

from django.db import connection

from core.transactions import require_transaction


def wait_turn(key: str) -> None:
    """Wait until no other transaction holds `key`, and hold it until this one ends."""
    require_transaction("waiting for a turn")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
