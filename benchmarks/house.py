"""A house of the benchmark's own: a durable PostgreSQL and Valkey in a directory that is removed afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.engines import Postgres
from tests.support.session import Session


@contextmanager
def opened() -> Iterator[None]:
    """Start it, let Django know it, migrate it; stop it and remove it at the end, whatever happens."""
    session = Session()
    session.postgres = Postgres(session.directory / "pg")
    session.open()
    try:
        session.start_postgres()
        session.start_valkey()
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_reference_data", verbosity=0)
        yield
    finally:
        session.close()
