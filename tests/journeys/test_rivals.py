"""Two connections want the same thing at the same moment: one wins, the other gets a clear answer, nothing deadlocks."""

import itertools

import pytest

from accounts.origin import Channel
from lending import confirmations
from lending.models import Loan, Product
from payments import querying, sending
from payments.models import PaymentOrder
from tests.journeys.rivals import offered, somebody
from tests.support.databases import cloned_database
from tests.support.processes import running_sandbox, wait_until

LOANS_A_CUSTOMER = 4  # more in a day would be looked at by an officer


@pytest.fixture(scope="module")
def world(test_session, django_db_setup, django_db_blocker, institution_keys):
    """A database of our own and the sandbox; what else happens, happens in this process."""
    with cloned_database(django_db_blocker), running_sandbox(test_session) as sandbox:
        Product.objects.update(reading_seconds=0)
        yield sandbox


@pytest.fixture(scope="module")
def offers(world):
    """Offers, each open before its customer, without end."""
    return (offered(customer) for customer in borrowers())


def borrowers():
    while True:
        yield from itertools.repeat(somebody(), LOANS_A_CUSTOMER)


def confirm(application):
    return lambda: confirmations.confirm(
        customer=application.customer, serial=application.serial, channel=Channel.API
    ).serial


def order_of(loan):
    return PaymentOrder.objects.get(reference=loan.serial)


def settled_there(world, order):
    """Send the order and wait until the institution has done it."""
    sending.send(order.serial)
    book = f"{order.kind}s"
    wait_until(lambda: world.book(book, serial=order.serial)[book][0]["status"] == "SUCCESS", "settled", seconds=10)


def paid_out(world, offers):
    """A loan whose money has arrived."""
    application = next(offers)
    loan = Loan.objects.get(serial=confirm(application)())
    settled_there(world, order_of(loan))
    querying.query(order_of(loan).serial)
    loan.refresh_from_db()
    assert loan.status == "active"
    return loan
