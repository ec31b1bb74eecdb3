"""After whole journeys through real processes, nothing that the platform keeps shows who its customers are."""


import pytest

from tests.journeys import traces
from tests.journeys.customers import consenting


@pytest.fixture(scope="module")
def borrower(stage):
    """Somebody whose name was mistaken at first, and who then went the whole way."""
    somebody = consenting(stage)
    return somebody


@pytest.fixture(scope="module")
def secrets(borrower):
    """What nobody may read."""
    person = borrower.person
    return {
        "name": person.name,
        "ID number": person.id_number,
        "mobile": person.mobile,
        "card number": person.card_number,
        "device": person.fingerprint,
        "SMS code": borrower.code,
    }


def test_x(stage, secrets):
    d = traces.database_dump()
    print(len(d))
    for n, s in secrets.items():
        print(n, traces.occurrences(s, d), traces.occurrences(s, traces.cache_dump()))
    tot = 0
    for path, content in traces.files_below(stage.session.directory, without=stage.session.sandbox_data):
        tot += len(content)
        for n, s in secrets.items():
            if f := traces.occurrences(s, content):
                print(path, n, f)
    print(tot)
    assert 0
