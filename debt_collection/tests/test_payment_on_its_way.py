"""Somebody who has paid is not reminded while the money travels."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests import factories as people
from debt_collection.models import CollectionCase
from lending import repayments
from lending.tests.factories import running_loan
from lending.tests.test_lives import close_until, go_to

pytestmark = pytest.mark.django_db


def test_nobody_is_reminded_while_the_payment_is_on_its_way(sandbox):
    customer = people.verified_customer()
    loan = running_loan(customer, amount=Decimal("10000"))
    first = loan.instalments.first()
    go_to(first.due_date)
    repayments.ask(customer=customer, loan_serial=loan.serial, amount=first.total)
    close_until(loan, first.due_date + dt.timedelta(days=1))
    case = CollectionCase.objects.get(loan_serial=loan.serial)
    assert not case.contacts.exists()
