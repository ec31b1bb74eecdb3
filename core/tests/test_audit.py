import pytest
from django.db import DatabaseError, connection, transaction

from core.audit import reveal
from core.clock import real_now
from core.models import IdempotencyRecord, Unmasking
from core.problems import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret():
    return IdempotencyRecord.objects.create(scope="s", key="k", payload_hash="h", started_at=real_now(), body="clear")


def test_each_look_is_recorded_with_who_and_why(secret):
    assert reveal(secret, "body", by="staff:ann", why="call the customer back") == "clear"
    look = Unmasking.objects.get()
    assert (look.actor, look.field, look.object_id) == ("staff:ann", "body", str(secret.pk))
    assert look.reason == "call the customer back"


def test_a_look_without_a_reason_is_refused(secret):
    with pytest.raises(Problem, match="reason_missing"):
        reveal(secret, "body", by="staff:ann", why="  ")
    assert not Unmasking.objects.exists()


@pytest.mark.parametrize(
    "attack",
    ["UPDATE core_unmasking SET actor = 'x'", "DELETE FROM core_unmasking", "TRUNCATE core_unmasking"],
)
def test_the_record_cannot_be_rewritten(secret, attack):
    reveal(secret, "body", by="staff:ann", why="check")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
