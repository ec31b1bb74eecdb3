import pytest

from accounts import reference_data
from core.registry import decision_finalised
from risk.tests import factories


class Asker:
    """Whoever asked for a decision: notes the calls that the registry makes."""

    def __init__(self):
        self.calls = []

    def lock(self, reference):
        self.calls.append(("lock", reference))

    def apply(self, outcome):
        self.calls.append(("apply", outcome))


ASKER = Asker()
decision_finalised.register(factories.SUBJECT, ASKER)


@pytest.fixture(autouse=True)
def house(request):
    """Groups and texts, for every test that uses the database."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
    elif "committed_db" in request.fixturenames:
        request.getfixturevalue("committed_db")
    else:
        return
    reference_data.load()


@pytest.fixture
def asker():
    """What the asker has been told in this test."""
    ASKER.calls.clear()
    return ASKER


@pytest.fixture
def officer():
    return factories.officer()
