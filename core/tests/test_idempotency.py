import datetime as dt

import pytest

from core import clock
from core.idempotency import ABANDONED_AFTER, run_once
from core.models import IdempotencyRecord
from core.problems import Problem

pytestmark = pytest.mark.django_db


def ask(action, payload=None, key="k", scope="s"):
    return run_once(scope=scope, key=key, payload=payload or {"amount": "10.00"}, action=action)


def test_the_second_call_is_answered_like_the_first_and_does_nothing():
    calls = []
    first = ask(lambda: (201, {"n": calls.append(1)}))
    second = ask(lambda: (201, {"n": calls.append(1)}))
    assert len(calls) == 1
    assert (second.status, second.body, second.replayed) == (first.status, first.body, True)


def test_another_payload_under_the_same_key_is_refused():
    ask(lambda: (200, {}))
    with pytest.raises(Problem, match="idempotency_key_reused"):
        ask(lambda: (200, {}), payload={"amount": "11.00"})


def test_the_same_key_in_another_scope_is_another_request():
    ask(lambda: (200, {"who": 1}), scope="customer 1")
    assert ask(lambda: (200, {"who": 2}), scope="customer 2").body == {"who": 2}


def test_a_refused_request_may_be_corrected_and_sent_again():
    def refuse():
        raise Problem("no", "no")

    with pytest.raises(Problem):
        ask(refuse)
    assert ask(lambda: (200, {"ok": True})).body == {"ok": True}


def test_a_request_still_running_is_not_started_again_until_it_is_surely_dead():
    def meanwhile():
        with pytest.raises(Problem, match="in_progress"):
            ask(lambda: (200, {}))
        return 200, {"first": True}

    assert ask(meanwhile).body == {"first": True}


def test_a_request_cut_off_by_a_crash_is_worked_by_its_repetition():
    ask(lambda: (200, {}))
    long_ago = clock.real_now() - ABANDONED_AFTER - dt.timedelta(seconds=1)
    IdempotencyRecord.objects.update(status=None, body="", started_at=long_ago)
    assert ask(lambda: (200, {"again": True})).body == {"again": True}


def test_stored_answers_are_encrypted():
    ask(lambda: (200, {"name": "someone"}))
    (stored,) = IdempotencyRecord.objects.extra(select={"raw": "body"}).values_list("raw", flat=True)
    assert "someone" not in stored


def test_a_call_that_was_taken_over_leaves_its_successors_answer_alone():
    def slow():
        long_ago = clock.real_now() - ABANDONED_AFTER - dt.timedelta(seconds=1)
        IdempotencyRecord.objects.update(started_at=long_ago)
        assert ask(lambda: (201, {"second": True})).body == {"second": True}
        raise Problem("no", "no")

    with pytest.raises(Problem, match="no"):
        ask(slow)
    assert ask(lambda: (200, {"third": True})).body == {"second": True}
