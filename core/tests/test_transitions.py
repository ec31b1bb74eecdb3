"""Two stale copies, two connections, one state: only one of them may move it."""

import threading

import pytest
from django.db import DatabaseError, connection, models, transaction

from core.models import TransitionLog
from core.problems import Problem
from core.transitions import StatefulModel, status_constraint, status_field, transition


class Gate(StatefulModel):
    """A state machine of the tests' own."""

    class Status(models.TextChoices):
        SHUT = "shut", "shut"
        OPEN = "open", "open"

    status = status_field(Status, Status.SHUT)
    opened_by = models.CharField(max_length=50, blank=True)

    class Meta:
        app_label = "core"
        constraints = [status_constraint("core_gate_status", "shut", "open")]

    @transition(source=Status.SHUT, target=Status.OPEN)
    def open(self, *, by: str, why: str) -> None:
        self.opened_by = by


@pytest.fixture
def gate(committed_db):
    with connection.schema_editor() as editor:
        editor.create_model(Gate)
    return Gate.objects.create()


def test_a_transition_moves_saves_and_logs(gate):
    with transaction.atomic():
        gate.open(by="staff:ann", why="morning")
    gate = Gate.objects.get()
    assert (gate.status, gate.opened_by) == ("open", "staff:ann")
    row = TransitionLog.of(gate).get()
    assert (row.verb, row.from_status, row.to_status) == ("open", "shut", "open")
    assert (row.actor, row.reason) == ("staff:ann", "morning")


def test_a_stale_copy_is_refused_and_changes_nothing(gate):
    stale = Gate.objects.get()
    with transaction.atomic():
        gate.open(by="staff:ann", why="first")
    with pytest.raises(Problem, match="wrong_state") as refused, transaction.atomic():
        stale.open(by="staff:bob", why="second")
    assert refused.value.status == 409
    assert Gate.objects.get().opened_by == "staff:ann"
    assert TransitionLog.of(gate).count() == 1


def test_a_row_can_be_read_again(gate):
    other = Gate.objects.get()
    with transaction.atomic():
        gate.open(by="staff:ann", why="morning")
    other.refresh_from_db()
    assert other.status == "open"


def test_outside_a_transaction_nothing_moves(gate):
    with pytest.raises(RuntimeError, match="needs an open transaction"):
        gate.open(by="x", why="")
    assert Gate.objects.get().status == "shut"


@pytest.mark.parametrize("round_number", range(5))
def test_of_two_rivals_on_two_connections_exactly_one_wins(gate, round_number):
    start, results = threading.Barrier(2), []

    def rival(name):
        copy = Gate.objects.get()
        start.wait()
        try:
            with transaction.atomic(durable=True):
                copy.open(by=name, why="race")
            results.append(name)
        except Problem as problem:
            results.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=rival, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results)[1] == "wrong_state"
    assert Gate.objects.get().opened_by == sorted(results)[0]
    assert TransitionLog.of(gate).count() == 1


def test_the_ways_around_are_shut(gate):
    with pytest.raises(AttributeError):
        gate.status = "open"
    with pytest.raises(TypeError, match="only by a transition"):
        Gate.objects.update(status="open")
    with pytest.raises(TypeError, match="only by a transition"):
        Gate.objects.bulk_update([gate], ["status"])
    with pytest.raises(TypeError, match="starts as"):
        Gate.objects.create(status="open")
    with pytest.raises(TypeError, match="starts as"):
        Gate.objects.bulk_create([Gate(status="open")])
    assert Gate.objects.get().status == "shut"


def test_the_database_knows_the_list_of_states(gate):
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE core_gate SET status = 'ajar'")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE core_transitionlog SET actor = 'x'",
        "DELETE FROM core_transitionlog",
        "TRUNCATE core_transitionlog",
    ],
)
def test_the_log_cannot_be_rewritten(gate, attack):
    with transaction.atomic():
        gate.open(by="staff:ann", why="morning")
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(attack)
