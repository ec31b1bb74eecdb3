"""The suite's own set-up: engines and environment first, then Django; the fixtures live in tests/support."""

from collections.abc import Iterator

import pytest

from tests.support.session import Session

session = Session()
session.open()

import django  # noqa: E402 - it reads the environment that the session has just set

django.setup()

pytest_plugins = ("tests.support.databases", "tests.support.processes", "tests.support.browser")


def pytest_sessionstart() -> None:
    session.start_valkey()


def pytest_unconfigure() -> None:
    session.close()


@pytest.fixture(scope="session", name="test_session")
def _test_session() -> Session:
    """Directory, engines and ports of this test session."""
    return session


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test finds what another cached, such as a rate limit's counter."""
    from django.core.cache import cache

    yield
    cache.clear()
