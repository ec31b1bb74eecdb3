from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts import tokens
from accounts.tests import factories
from tests.support.processes import Sandbox, running_sandbox


@pytest.fixture(scope="package")
def sandbox(test_session, institution_keys) -> Iterator[Sandbox]:
    """One sandbox for all tests of the room: they bring new people each, and need no empty books."""
    with running_sandbox(test_session) as world:
        yield world


@pytest.fixture
def fault(sandbox):
    """Order faults of the sandbox; they end with the test."""
    address = f"{settings.INSTITUTIONS['sms']['url']}/control/faults"

    def order(target, kind, count=1, seconds=0):
        wish = {"target": target, "fault": kind, "count": count, "seconds": seconds}
        httpx.post(address, json=wish, trust_env=False).raise_for_status()

    yield order
    httpx.delete(address, trust_env=False)


@pytest.fixture
def customer(sandbox):
    """Somebody new who has agreed to everything."""
    return factories.consenting_customer()


@pytest.fixture
def verified(sandbox):
    """A verified customer."""
    return factories.verified_customer()


@pytest.fixture
def api():
    """A signed-in API client for a customer: `api(customer)`."""

    def client(of):
        text, _row = tokens.issue(user=of.user)
        return APIClient(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})

    return client
