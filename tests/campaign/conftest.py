"""A house for one campaign; what its processes printed is kept when it fails."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import connection

from tests.campaign.house import House, Works
from tests.support.databases import cloned_database
from tests.support.processes import running_platform, running_sandbox
from tests.support.session import ROOT

KEPT = ROOT / "var" / "log" / "campaign"
SEED = "CAMPAIGN_SEED"


@pytest.fixture
def seed() -> int:
    """Of the day's own chance, or as the environment says, to strike in the same order again."""
    return int(os.environ.get(SEED) or random.SystemRandom().randrange(10**6))


@pytest.fixture
def open_house(
    request, test_session, django_db_setup, django_db_blocker, institution_keys, collected_static, seed
) -> Callable[..., object]:
    """A function `open_house(environment)`, a context manager whose block has a running house."""

    @contextmanager
    def opened(environment: dict[str, str]) -> Iterator[House]:
        with cloned_database(django_db_blocker) as database:
            _commit_for_real(database.name)
            with (
                running_sandbox(test_session) as sandbox,
                running_platform(test_session, database, kind=Works, environment=environment) as platform,
            ):
                try:
                    yield House(test_session, platform, sandbox, random.Random(seed))
                except BaseException:
                    _keep_logs(test_session)
                    raise

    return opened


def _commit_for_real(database: str) -> None:
    """The tests' PostgreSQL commits lazily for speed; a killed backend would take the last commits with it. And after a
    kill a sequence of a cloned database goes back to where it was cloned, unless a checkpoint lies between.
    """
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{database}" SET synchronous_commit = on')
        cursor.execute("CHECKPOINT")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def _keep_logs(session: object) -> None:
    shutil.rmtree(KEPT, ignore_errors=True)
    with suppress(OSError):
        shutil.copytree(session.directory / "log", KEPT)  # type: ignore[attr-defined]
