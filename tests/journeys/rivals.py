"""Rivals: the same moment, connections of their own. And the people they fight over, brought there by the use cases."""

import os
import secrets
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connections, transaction

from accounts import consents, identity, signin
from accounts.id_card_reading import READER
from accounts.models import Customer
from accounts.origin import Channel, Origin
from accounts.tests import factories
from config.journey.story import DOUBTFUL, GOOD
from core.problems import Problem
from lending import applications, confirmations
from lending.models import LoanApplication
from risk.facts import Declared

ROUNDS = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 24
PATIENCE_SECONDS = 30


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Start the actions together; what each gave, or its problem's code, in their order.

    Fails when one of them never ends. Anything but a Problem, a deadlock above all, is raised.
    """
    start = threading.Barrier(len(actions))
    results: list[str | BaseException] = [TimeoutError("never ended")] * len(actions)

    def run(place: int) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            results[place] = str(actions[place]())
        except Problem as problem:
            assert problem.message
            results[place] = problem.code
        except BaseException as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [str(result) for result in results]


def somebody() -> Customer:
    """A verified customer with a telephone of their own, whose ID card was found to agree (unread, for speed)."""
    mobile, origin = factories.mobile(), Origin(Channel.API, "127.0.0.1", secrets.token_hex(16))
    signin.send_code(mobile=mobile, origin=origin)
    customer = signin.verify_code(mobile=mobile, code=factories.last_code(mobile), origin=origin).customer
    consents.give(
        customer=customer, text_ids=list(consents.current_texts().values_list("pk", flat=True)), origin=origin
    )
    identity.verify(customer=customer, **factories.Person().elements)
    customer.refresh_from_db()
    card = factories.id_card_of(customer)
    with transaction.atomic():
        card.find_agreeing(by=READER, why="the ID number in the picture is the verified one")
    factories.income_proof_of(customer)
    return customer


def applied(customer: Customer, *, amount: str = "100.00", doubtful: bool = False) -> LoanApplication:
    """The customer's application, decided (or, if `doubtful`, left to an officer)."""
    facts: dict[str, Any] = DOUBTFUL if doubtful else GOOD
    application = applications.submit(
        customer=customer,
        product_code="consumer",
        amount=Decimal(amount),
        term_months=12,
        purpose="everyday",
        declared=Declared(
            employment=facts["employment"],
            employment_years=facts["employment_years"],
            housing=facts["housing"],
            monthly_income=Decimal(facts["monthly_income"]),
            monthly_expenses=Decimal(facts["monthly_expenses"]),
            monthly_debt=Decimal(0),
        ),
    )
    applications.decide(application.serial)
    application.refresh_from_db()
    return application


def offered(customer: Customer, *, amount: str = "100.00") -> LoanApplication:
    """The customer's application with an offer that is open before the customer."""
    application = applied(customer, amount=amount)
    return confirmations.open_offer(customer=customer, serial=application.serial)
