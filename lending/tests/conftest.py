from collections.abc import Iterator

import httpx
import pytest

from lending.tests import factories
from tests.support.processes import Sandbox, running_sandbox


@pytest.fixture(scope="package")
def sandbox(test_session, institution_keys) -> Iterator[Sandbox]:
    """One sandbox for all tests of the room: they bring new people each, and need no empty books."""
    with running_sandbox(test_session) as world:
        yield world


@pytest.fixture
def fault(sandbox):
    """Order faults of the sandbox; they end with the test."""
    yield sandbox.fault
    httpx.delete(f"{sandbox.url}/control/faults", trust_env=False)


@pytest.fixture
def applicant(sandbox):
    """A verified customer whose papers are in and were found to agree."""
    return factories.applicant()
