"""Work survives whatever kills the worker, and runs once when two workers want it."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from core import work
from core.models import Work
from core.problems import Problem

DONE: list[str] = []


def ask(kind, key="1", **kwargs):
    with transaction.atomic():
        work.enqueue(kind, key, **kwargs)


@pytest.fixture(autouse=True)
def handlers(committed_db):
    DONE.clear()
    work.register("note", DONE.append)
    work.register("fail", lambda key: 1 / 0)
    yield
    for kind in ("note", "fail", "late", "rewoken"):
        work._handlers.pop(kind, None)


def test_work_commits_with_its_cause_or_not_at_all():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        work.enqueue("note", "1")
        1 / 0  # noqa: B018
    assert work.run_due() == 0
    with pytest.raises(RuntimeError, match="needs an open transaction"):
        work.enqueue("note", "1")


def test_asking_twice_is_one_piece_of_work():
    ask("note")
    ask("note")
    assert work.run_due() == 1
    assert DONE == ["1"]


def test_done_work_may_be_asked_for_again():
    ask("note")
    work.run_due()
    ask("note")
    work.run_due()
    assert DONE == ["1", "1"]


def test_delayed_work_waits():
    ask("note", delay=dt.timedelta(hours=1))
    assert work.run_due() == 0


def test_a_request_that_arrives_while_the_work_runs_is_not_lost():
    def handler(key):
        DONE.append(key)
        if len(DONE) == 1:
            ask("rewoken")

    work.register("rewoken", handler)
    ask("rewoken")
    assert work.run_due() == 2
    assert DONE == ["1", "1"]


def test_a_handler_may_ask_for_another_turn():
    work.register(
        "late",
        lambda key: DONE.append(key) or (work.Again(dt.timedelta(hours=1)) if len(DONE) == 1 else None),
    )
    ask("late")
    assert work.run_due() == 1
    assert Work.objects.get().state == "waiting"
    assert work.drain() == 1
    assert Work.objects.get().state == "done"


def test_of_many_workers_each_piece_runs_in_exactly_one():
    for number in range(40):
        ask("note", str(number))

    def worker():
        work.run_due()
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(DONE, key=int) == [str(number) for number in range(40)]


def test_what_a_killed_worker_left_is_found_when_its_lease_ends():
    ask("note")
    left = work._claim(None)
    assert left is not None
    assert work.run_due() == 0
    Work.objects.update(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert work.run_due() == 1
    assert DONE == ["1"]


def test_work_that_kills_every_worker_is_parked_at_last():
    ask("note")
    for _ in range(work.MAX_FAILURES + 1):
        assert work._claim(None) is not None
        Work.objects.update(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    work.run_due()
    assert (Work.objects.get().state, DONE) == ("parked", [])


def test_a_worker_that_outlived_its_lease_cannot_close_what_another_took_over():
    ask("note")
    slow = work._claim(None)
    Work.objects.update(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    second = work._claim(None)
    work._finish(slow, None)
    assert Work.objects.get().state == "running"
    work._finish(second, None)
    assert Work.objects.get().state == "done"


def test_one_failing_row_is_parked_and_stops_nobody():
    ask("fail")
    ask("note")
    work.drain()
    parked = Work.objects.get(kind="fail")
    assert (parked.state, parked.failures) == ("parked", work.MAX_FAILURES)
    assert parked.last_error == "ZeroDivisionError: division by zero"
    assert DONE == ["1"]


def test_parked_work_runs_again_when_a_person_says_so():
    ask("fail")
    work.drain()
    work.register("fail", DONE.append)
    work.rerun(Work.objects.get())
    assert work.run_due() == 1
    assert DONE == ["1"]
    with pytest.raises(Problem, match="not_parked"):
        work.rerun(Work.objects.get())
