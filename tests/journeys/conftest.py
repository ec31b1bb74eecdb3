"""One started platform a module: starting it takes longer than most journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from config.journey.world import World
from tests.journeys.stage import Stage
from tests.support.databases import cloned_database
from tests.support.processes import running_platform, running_sandbox
from tests.support.session import Session


@pytest.fixture(scope="module")
def stage(
    test_session: Session,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    institution_keys: Path,
    collected_static: None,
) -> Iterator[Stage]:
    """Web, worker, beat and sandbox as real processes; this process is connected to the same database."""
    with (
        cloned_database(django_db_blocker) as database,
        running_sandbox(test_session) as sandbox,
        running_platform(test_session, database) as platform,
    ):
        yield Stage(test_session, platform, sandbox, database, World(sandbox.url))
