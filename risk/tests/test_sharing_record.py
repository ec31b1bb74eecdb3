"""The record of questions to and from other lenders: whole for three years, then gone, a bounded part at a time."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from core import clock
from risk.models import SharingAnswer, SharingQuery
from risk.sharing import record
from risk.tasks import start_what_is_due

pytestmark = pytest.mark.django_db
OLD, YOUNG = record.KEPT + dt.timedelta(minutes=1), 3 * dt.timedelta(days=365) - dt.timedelta(minutes=1)


def asked(serial: str, *, ago: dt.timedelta, answered: bool = True) -> SharingQuery:
    """A lender's question of some time ago, and what it was answered at once."""
    told = {"direction": "theirs", "by": "system:sharing exchange", "purpose": "credit_application", "element": "02"}
    query = SharingQuery.objects.create(serial=serial, at=clock.real_now() - ago, **told)
    if answered:
        SharingAnswer.objects.create(query=query, at=query.at, outcome="answered", tokens=1, elapsed_ms=5)
    return query


def left() -> set[str]:
    return set(SharingQuery.objects.values_list("serial", flat=True))


def test_what_is_three_years_old_goes_with_its_answer_and_nothing_else():
    asked("old", ago=OLD)
    asked("never answered", ago=OLD, answered=False)
    asked("young", ago=YOUNG)
    asked("new", ago=dt.timedelta())
    assert record.purge() == 2
    assert left() == {"young", "new"} and SharingAnswer.objects.count() == 2
    assert record.purge() == 0


def test_a_question_stays_while_its_answer_does():
    query = asked("old", ago=OLD, answered=False)
    SharingAnswer.objects.create(query=query, at=clock.real_now(), outcome="answered", tokens=1, elapsed_ms=5)
    assert record.purge() == 0
    assert left() == {"old"}


def test_a_run_takes_so_many_at_most_the_oldest_first(monkeypatch):
    monkeypatch.setattr(record, "AT_ONCE", 2)
    for number in range(3):
        asked(f"old {number}", ago=OLD)
    assert [record.purge(), record.purge(), record.purge()] == [2, 1, 0]


def test_it_is_part_of_what_is_done_each_minute():
    asked("old", ago=OLD)
    start_what_is_due()
    assert left() == set()


@pytest.mark.parametrize(
    "attempt",
    [
        "DELETE FROM risk_sharinganswer",
        "UPDATE risk_sharingquery SET purpose = 'other' WHERE serial = 'old'",
        "UPDATE risk_sharingquery SET at = at - interval '3 years' WHERE serial = 'young'",
    ],
)
def test_postgresql_refuses_all_else(attempt):
    asked("old", ago=OLD)
    asked("young", ago=YOUNG)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attempt)
    assert left() == {"old", "young"}
