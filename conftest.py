"""The suite's own set-up: engines and environment first, then Django; the fixtures live in tests/support."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.support.session import Session, in_memory_if_roomy

session = Session(in_memory_if_roomy())
session.open()

import django  # noqa: E402 - it reads the environment that the session has just set
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402

django.setup()

# Passwords by the algorithm of production, in fewer rounds: the slowness that keeps off who guesses would be much of
# the suite's time. A row says by how many rounds it was made, so any process can check it.
PBKDF2PasswordHasher.iterations = 1_000

# No deadline: a busy machine is no failure. A function-scoped fixture is fine where the test changes nothing in it.
hypothesis_settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
hypothesis_settings.register_profile("nightly", hypothesis_settings.get_profile("default"), max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

pytest_plugins = (
    "tests.support.databases",
    "tests.support.processes",
    "tests.support.serving",
    "tests.support.browser",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long journeys across apps first: where two workers divide the files, neither waits for them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/"))


def pytest_sessionstart() -> None:
    session.start_valkey()


def pytest_unconfigure() -> None:
    session.close()


@pytest.fixture(scope="session", name="test_session")
def _test_session() -> Session:
    """Directory, engines and ports of this test session."""
    return session


@pytest.fixture
def in_english() -> Iterator[None]:
    """Words for people as an English reader sees them."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test finds what another cached, such as a rate limit's counter."""
    from django.core.cache import cache

    yield
    cache.clear()
