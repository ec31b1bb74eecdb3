"""A house of the benchmark's own: a durable PostgreSQL and Valkey in a directory that is removed afterwards."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ops.engines import Postgres
from tests.support.session import Session


@contextmanager
def opened(**settings: str) -> Iterator[Session]:
    """Start it, let Django know it, migrate it; stop it and remove it at the end, whatever happens.

    `settings` are environment variables that differ from a test session's.
    """
    session = Session()
    session.postgres = Postgres(session.directory / "pg")
    session.open()
    os.environ.update(settings)
    try:
        session.start_postgres()
        session.start_valkey()
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        _give_memory(session.postgres)
        call_command("migrate", verbosity=0)
        call_command("load_reference_data", verbosity=0)
        yield session
        connections.close_all()  # a second house would go on with a connection to the first
    finally:
        session.close()


def _give_memory(postgres: Postgres) -> None:
    """As on a server that was set up for this much work: a quarter of a small one's memory, and rare checkpoints. The
    floors have it too."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET shared_buffers = '2GB'")
        cursor.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
    connection.close()
    postgres.stop()
    postgres.start()


PACE = """
import time
began = time.perf_counter()
for number in range(10**6): number * number
print(round((time.perf_counter() - began) * 1e3))
"""


def pace() -> str:
    """How fast the processors are just now, all at once: those of a virtual machine are slower while its neighbours
    work, which the machine itself cannot see."""
    command = [sys.executable, "-c", PACE]
    loops = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count() or 1)]
    times = ", ".join(loop.communicate()[0].strip() for loop in loops)
    return f"pace of the processors: a million bare steps in {times} ms"


def shown(name: str, seconds: list[float]) -> str:
    """Median and 99th percentile, in microseconds, or in milliseconds where they are many."""
    ordered = sorted(seconds)
    median, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    unit, word = (1e3, "ms") if median > 0.01 else (1e6, "µs")
    return f"{name:<36} median {median * unit:>8.1f} {word}   p99 {p99 * unit:>8.1f} {word}"
