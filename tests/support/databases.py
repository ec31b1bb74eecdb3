"""The test database is migrated once; a test that needs committed rows, or two connections, works in a clone of it.

Rows that may not be deleted forbid pytest-django's `transactional_db`, which empties tables with TRUNCATE: ask for
`committed_db` instead.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.support import snapshots
from tests.support.session import Session

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Clone:
    """A database of one test's own, to which Django is connected while the test runs."""

    name: str
    url: str


@pytest.fixture(scope="session")
def django_db_setup(
    test_session: Session, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Start PostgreSQL and migrate the test database when the first test asks for one: pure tests need none.

    In place of pytest-django's own, which makes no database when only tests of `committed_db` are run.
    """
    ours = test_session.start_postgres()
    name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
    known = ours and snapshots.restore(test_session.postgres, name)
    with django_db_blocker.unblock():
        made = setup_databases(
            verbosity=0, interactive=False, keepdb=known, aliases={"default": None}, serialized_aliases=()
        )
        if ours and not known:
            snapshots.keep(test_session.postgres, name)
        call_command("load_reference_data", verbosity=0)  # committed, for all tests
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Clone]:
    """A fresh copy of the migrated database. Commits are real, other threads and processes see them."""
    with cloned_database(django_db_blocker) as clone:
        yield clone


@contextmanager
def cloned_database(blocker: DjangoDbBlocker) -> Iterator[Clone]:
    """Copy the test database and work in the copy until the block ends."""
    original = connection.settings_dict["NAME"]
    number = next(_numbers)
    clone = f"{original}_{os.getpid()}_{number}"
    with blocker.unblock():
        connections.close_all()
        # By files: a third of the time that a copy through the log takes.
        _administer(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), clone, original)
        connection.settings_dict["NAME"] = clone
        try:
            _number_from(number * 10**6)
            yield Clone(clone, _url_of(clone))
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = original
            _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)"), clone)


def _number_from(first: int) -> None:
    """A living sandbox must not meet the serial numbers of another clone again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('core_serial', %s)", [first])


def _administer(statement: sql.SQL, *names: str) -> None:
    """Run a statement that may not stand in a transaction, on a connection to another database."""
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as administrator:
        administrator.execute(statement.format(*map(sql.Identifier, names)))


def _url_of(name: str) -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"{parts.path.rsplit('/', 1)[0]}/{name}"))
