"""An orderer whose own postings stand for lending's."""

import pytest

from core.registry import order_settled
from payments.tests.books import forget_postings
from payments.tests.orderer import COLLECTION_PURPOSE, PAYOUT_PURPOSE, Orderer


@pytest.fixture
def orderer():
    """Whoever ordered: registered for its two purposes, with books of its own."""
    somebody = Orderer()
    for purpose in (PAYOUT_PURPOSE, COLLECTION_PURPOSE):
        order_settled.register(purpose, somebody)
    yield somebody
    for purpose in (PAYOUT_PURPOSE, COLLECTION_PURPOSE):
        order_settled._handlers.pop(purpose)


@pytest.fixture
def empty_ledger(committed_db):
    """A database of its own whose ledger holds no transfer."""
    forget_postings()
