"""kill -9 between confirmation and payout, and between a collection and its end: the money moves exactly once.

Real web, worker, beat, broker and institution. The institution is made to hold the moment, and the moment is used.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import pytest
from django.db import connection, transaction

from core import clock
from core.models import Work
from lending.models import Loan
from lending.tests.factories import published
from payments.models import OrderKind, OrderStatus, PaymentAttempt, PaymentOrder
from tests.journeys import books
from tests.journeys.customers import Borrower, offered, with_papers
from tests.journeys.stage import Stage
from tests.support.processes import wait_until

HOLD_SECONDS = 2
# What the institution does with the payout, while which of our processes are killed.
DURING = [
    ("lose", ["worker"]),  # it never hears of it
    ("delay", ["worker"]),  # it will take it on when nobody listens any more
    ("lose_answer", ["worker"]),  # it has it, and its answer comes to nobody
    ("lose_answer", ["worker", "web"]),
]


@pytest.fixture(scope="module")
def people(stage: Stage) -> Iterator[Borrower]:
    """Customers in turn, identified while everything was well. Each may borrow four times a day."""
    published(reading_seconds=0)
    with ThreadPoolExecutor(4) as pool:
        return itertools.cycle(list(pool.map(lambda _number: with_papers(stage), range(4))))


@pytest.fixture(scope="module")
def amounts() -> Iterator[str]:
    """Amounts that differ, so that a payout tells whose it is; too small for a partner."""
    return (f"{100 + number}.00" for number in itertools.count())


@pytest.fixture
def borrower(people: Iterator[Borrower], amounts: Iterator[str]) -> Borrower:
    """Somebody with an offer of less than 1,000 yuan, which we fund alone."""
    return offered(next(people), amount=next(amounts))


@pytest.fixture(autouse=True)
def _no_faults_left(stage: Stage) -> Iterator[None]:
    yield
    httpx.delete(f"{stage.sandbox.url}/control/faults").raise_for_status()


def payout_of(borrower: Borrower) -> PaymentOrder:
    return PaymentOrder.objects.get(kind=OrderKind.PAYOUT, reference=borrower.loan)


def wait_until_the_institution_holds(stage: Stage) -> None:
    """The fault has befallen a message: it was sent, and nothing has been answered."""
    faults = f"{stage.sandbox.url}/control/faults"
    wait_until(lambda: not httpx.get(faults).json()["faults"], "the fault", seconds=10)


def require_paid_once(stage: Stage, *borrowers: Borrower) -> None:
    """Each has the money, once, in both books to the fen."""
    loans = Loan.objects.filter(serial__in=[borrower.loan for borrower in borrowers])
    wait_until(lambda: all(loan.status == "active" for loan in loans.all()), "the money received")
    wait_until(lambda: no_work_open() and all_told(stage), "quiet")
    for borrower in borrowers:
        loan, order = Loan.objects.get(serial=borrower.loan), payout_of(borrower)
        assert (order.status, order.amount) == (OrderStatus.SUCCEEDED, loan.principal)
        paid = [row for row in stage.sandbox.book("payouts")["payouts"] if Decimal(row["amount"]) == loan.principal]
        assert [(row["serial"], row["status"]) for row in paid] == [(order.serial, "SUCCESS")]
    books.require_agreement(stage.sandbox)


def no_work_open() -> bool:
    return not Work.objects.filter(state__in=Work.OPEN).exclude(kind="settle_day").exists()


def all_told(stage: Stage) -> bool:
    """Whether the institution has brought us all its news."""
    rows = [row for kind in books.KINDS for row in stage.sandbox.book(f"{kind}s")[f"{kind}s"]]
    return all(note["delivered_at"] for row in rows for note in row["notifications"])


@pytest.mark.parametrize("fault", ["delay", "lose_answer"])
def test_killed_while_the_partner_is_asked(stage, people, fault):
    borrower = offered(next(people), amount={"delay": "20000.00", "lose_answer": "21000.00"}[fault])
    stage.sandbox.fault("participations", fault, count=1, seconds=HOLD_SECONDS)
    borrower.confirm()
    wait_until_the_institution_holds(stage)
    assert not PaymentOrder.objects.filter(reference=borrower.loan).exists()
    stage.kill("worker", "web")
    stage.start("worker", "web")
    require_paid_once(stage, borrower)
    asked = stage.sandbox.book("participations", loan_reference=borrower.loan)["participations"]
    assert [row["answer"] for row in asked] == ["approved"]


def test_killed_in_the_middle_of_the_confirmation(stage, borrower):
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE payments_paymentorder IN EXCLUSIVE MODE")
            answer = elsewhere.submit(borrower.confirm)
            wait_until(somebody_waits_for_a_lock, "loan and contract written, the order about to be")
            stage.kill("web")
        with pytest.raises(httpx.TransportError):
            answer.result()
    stage.start("web")
    assert not Loan.objects.filter(application__serial=borrower.application).exists()
    borrower.confirm()
    require_paid_once(stage, borrower)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("killed", [["worker"], ["worker", "beat", "web"]])
def test_killed_before_it_is_sent(stage, borrower, killed):
    stage.kill("worker")
    borrower.confirm()
    order = payout_of(borrower)
    stage.kill(*set(killed) - {"worker"})
    assert (order.status, order.attempts.count()) == (OrderStatus.CREATED, 0)
    assert stage.sandbox.book("payouts", serial=order.serial) == {"payouts": []}
    stage.start(*killed)
    require_paid_once(stage, borrower)


@pytest.mark.parametrize(("fault", "killed"), DURING)
def test_killed_while_it_is_sent(stage, borrower, fault, killed):
    stage.sandbox.fault("payouts", fault, count=1, seconds=HOLD_SECONDS)
    borrower.confirm()
    wait_until_the_institution_holds(stage)
    [attempt] = payout_of(borrower).attempts.all()
    assert attempt.outcome == PaymentAttempt.Outcome.OPEN
    stage.kill(*killed)
    stage.start(*killed)
    require_paid_once(stage, borrower)


@pytest.mark.parametrize("killed", [["worker", "web"], ["web"]])
def test_killed_between_the_institutions_yes_and_its_callback(stage, borrower, killed):
    stage.sandbox.fault("callbacks", "delay", count=1, seconds=1)
    borrower.confirm()
    wait_until(lambda: payout_of(borrower).status == OrderStatus.ACCEPTED, "accepted")
    stage.kill(*killed)
    [row] = stage.sandbox.book("payouts", serial=payout_of(borrower).serial)["payouts"]
    assert row["status"] in ("PROCESSING", "SUCCESS")
    stage.start(*killed)
    require_paid_once(stage, borrower)


def test_the_broker_is_killed_with_all_its_messages(stage, borrower):
    stage.kill_valkey()
    borrower.confirm()
    stage.session.valkey.start()
    require_paid_once(stage, borrower)


def test_lost_answers_and_repeated_news(stage, people, amounts):
    for fault in ("lose_answer", "error_after_accepting", "bad_signature"):
        stage.sandbox.fault("payouts", fault, count=1)
    stage.sandbox.fault("callbacks", "duplicate", count=3)
    borrowers = [offered(next(people), amount=next(amounts)) for _ in range(3)]
    for borrower in borrowers:
        borrower.confirm()
    require_paid_once(stage, *borrowers)


def test_killed_between_a_collection_and_its_end(stage, borrower):
    borrower.confirm()
    require_paid_once(stage, borrower)
    path = f"/loans/{borrower.loan}/"
    first = borrower.api.get(path)["schedule"][0]
    stage.move_to(clock.start_of_day(dt.date.fromisoformat(first["due_date"])) + dt.timedelta(hours=12))
    stage.sandbox.fault("collections", "lose_answer", count=1, seconds=HOLD_SECONDS)
    repayment = borrower.api.post(f"{path}repayments/", {"amount": first["total"]})
    wait_until_the_institution_holds(stage)
    stage.kill("worker", "web")
    stage.start("worker", "web")
    wait_until(lambda: borrower.api.get(f"{path}repayments/{repayment['serial']}/")["status"] == "succeeded", "repaid")
    wait_until(lambda: no_work_open() and all_told(stage), "quiet")
    [row] = stage.sandbox.book("collections")["collections"]
    assert (row["serial"], row["status"], row["amount"]) == (repayment["order"], "SUCCESS", first["total"])
    paid = borrower.api.get(path)["schedule"][0]
    assert (paid["paid_principal"], paid["paid_interest"]) == (first["principal"], first["interest"])
    books.require_agreement(stage.sandbox)
