"""One started platform a module: starting it takes longer than most journeys."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from config.journey.world import World
from tests.journeys.stage import Stage
from tests.support.databases import cloned_database
from tests.support.processes import Platform, running_platform, running_sandbox
from tests.support.session import Session

LOG_CHARACTERS = 6000


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest,
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
        failed_before = request.session.testsfailed
        yield Stage(test_session, platform, sandbox, database, World(sandbox.url))
        if request.session.testsfailed > failed_before:
            _print_logs(platform)


def _print_logs(platform: Platform) -> None:
    """What the processes printed last: their files go with the session."""
    for name in (*platform.running, "sandbox"):
        sys.stdout.write(f"--- {name}\n{platform.log(name).read_text()[-LOG_CHARACTERS:]}\n")
