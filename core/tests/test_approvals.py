"""Four eyes: who proposes cannot approve, not even past the Python."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from core import approvals
from core.models import Approval, BusinessClock, TransitionLog
from core.problems import Problem

ANN, BEN, CAT = "staff:ann", "staff:ben", "staff:cat"


@pytest.fixture
def subject(db):
    return BusinessClock.objects.get_or_create(pk=1)[0]


def proposed(subject, **more):
    with transaction.atomic():
        return approvals.propose(subject, "move", by=ANN, why="it is time", **more)


def approved(subject, by):
    with transaction.atomic():
        return approvals.approve(subject, "move", by=by, why="seen")


def test_a_second_person_approves_and_both_rows_say_who_what_when_and_why(subject):
    proposed(subject)
    approval = approved(subject, BEN)
    assert (approval.status, approval.proposed_by, approval.decided_by) == ("approved", ANN, BEN)
    assert (approval.why, approval.decision_why, approval.verb) == ("it is time", "seen", "move")
    assert approval.proposed_at <= approval.decided_at
    log = TransitionLog.of(approval).get()
    assert (log.verb, log.actor, log.reason) == ("approve", BEN, "seen")
    assert approvals.pending(subject, "move") is None


@pytest.mark.parametrize("by", [ANN, CAT])
def test_nobody_who_had_a_hand_in_it_approves(subject, by):
    proposed(subject, authors=[CAT])
    with pytest.raises(Problem, match="same_person") as refused:
        approved(subject, by)
    assert refused.value.status == 403
    assert approvals.pending(subject, "move")


def test_the_database_itself_refuses_an_author(subject):
    approval = proposed(subject)
    with pytest.raises(IntegrityError, match="core_approval_four_eyes"), transaction.atomic():
        approval.approve(by=ANN, why="myself")


def test_one_proposal_waits_at_a_time_and_after_a_refusal_another_may_come(subject):
    proposed(subject)
    with pytest.raises(Problem, match="already_proposed"):
        proposed(subject)
    with transaction.atomic():
        approvals.refuse(subject, "move", by=ANN, why="a second thought")
    with pytest.raises(Problem, match="nothing_proposed"):
        approved(subject, BEN)
    proposed(subject)
    assert [each.status for each in Approval.of(subject)] == ["refused", "proposed"]


def test_a_reason_is_needed(subject):
    with pytest.raises(Problem, match="reason_missing"), transaction.atomic():
        approvals.propose(subject, "move", by=ANN, why=" ")
    proposed(subject)
    with pytest.raises(Problem, match="reason_missing"), transaction.atomic():
        approvals.approve(subject, "move", by=BEN, why="")


def test_two_approvers_at_once_approve_once(committed_db):
    subject = BusinessClock.objects.get_or_create(pk=1)[0]
    proposed(subject)
    answers = []

    def try_it(by):
        try:
            approved(subject, by)
            answers.append("approved")
        except Problem as problem:
            answers.append(problem.code)
        finally:
            connection.close()

    rivals = [threading.Thread(target=try_it, args=[by]) for by in (BEN, CAT)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(answers)[0] == "approved"
    assert sorted(answers)[1] in {"nothing_proposed", "wrong_state"}
