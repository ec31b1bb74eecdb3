"""No personal datum in clear in any table, nor in the logs."""

import logging

import pytest
from django.db import connection

from accounts import identity
from accounts.tests import factories
from accounts.tests.factories import Person
from core import work

pytestmark = pytest.mark.django_db


def everything_in_the_database():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield table, row


def test_nothing_in_clear(sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    person = Person(name="欧阳晓月")
    customer = factories.consenting_customer()
    identity.verify(customer=customer, **person.elements)
    customer.refresh_from_db()
    factories.id_card_of(customer)
    work.drain()
    secrets = [*person.elements.values(), customer.mobile, factories.HOME.ip, factories.HOME.fingerprint]
    found = [(table, secret) for table, row in everything_in_the_database() for secret in secrets if secret in row]
    assert found == []
    assert [secret for secret in secrets[:5] if secret in caplog.text] == []
