"""Day files that rivals write, that a killed process wrote, and that were refused: each date is told once."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from accounts.tests import factories as people
from core import clock, work
from core.models import Alert, Work
from core.problems import Problem
from core.storage import seal
from lending.day_files import rewriting, sending, writing
from lending.models import DayFile, DayFileSet, RejectedRow, ToldLoan
from lending.tests.factories import officer, running_loan
from lending.tests.test_day_files import ONE_DAY, requested, shared
from lending.tests.test_day_files_lives import check_all
from lending.tests.test_lives import close_until, go_to, pay
from tests.journeys.rivals import at_once

PARTNER = "demo-bank"
FINANCE = Role.FINANCE_OFFICER


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


@pytest.fixture
def closed_day(committed_db, sandbox):
    """A joint loan of today, and today closed; the key of the work that writes the partner's set."""
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"), partner=True)
    close_until(loan, clock.today())
    Work.objects.filter(kind=writing.WRITE).delete()  # the test does it
    return f"{clock.today() - ONE_DAY}/{PARTNER}"


def test_rivals_write_one_set(closed_day):
    at_once(*[lambda: writing.work_off(closed_day)] * 4)
    while isinstance(writing.work_off(closed_day), work.Again):
        pass
    made = DayFileSet.objects.get()
    assert Work.objects.filter(kind=writing.SEND, key=made.serial).count() == 1
    check_all([made])


def test_a_process_that_is_killed_when_the_files_are_written_leaves_the_day_untold(closed_day):
    kill_before_the_commit(closed_day)
    assert (DayFileSet.objects.count(), DayFile.objects.count(), ToldLoan.objects.count()) == (0, 0, 0)
    assert writing.work_off(closed_day) is None
    check_all([DayFileSet.objects.get()])
    assert ToldLoan.objects.count() == 1


def test_while_one_worker_checks_a_set_another_lets_it_be(closed_day):
    writing.work_off(closed_day)
    made = DayFileSet.objects.get()
    with transaction.atomic():
        made.lock()  # as a worker does while it checks
        [answer] = at_once(lambda: sending.send(made.serial))
    assert answer == str(work.Again(sending.PAUSE))
    assert sending.send(made.serial) is None
    assert DayFileSet.objects.get().status == "sent"


def test_an_officer_does_not_wait_until_a_set_is_checked(closed_day):
    writing.work_off(closed_day)
    made, finance = DayFileSet.objects.get(), officer("finance", FINANCE)
    with transaction.atomic():
        made.lock()  # as a worker does while it checks
        acts = (rewriting.write_anew, rewriting.check_again)
        answers = at_once(*[lambda act=act: act(officer=finance, made=made, why="now") for act in acts])
    assert answers == ["being_checked", "being_checked"]


def kill_before_the_commit(key):
    """A process of its own writes the set and dies: all files are on the disk, no row is."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        work.enqueue = lambda *_given: os._exit(9)  # the last thing before the commit
        writing.work_off(key)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def rejected(made, fault):
    """The set, of which the partner rejected a row."""
    fault("day_files", "refuse", count=1)
    assert (sending.send(made.serial), sending.fetch_answer(made.serial)) == (None, None)
    made.refresh_from_db()
    assert made.status == "rejected"
    return made


def written_anew(made):
    rewriting.write_anew(officer=officer("finance", FINANCE), made=made, why="their system lost it")
    assert writing.work_off(f"{made.business_date}/{PARTNER}") is None
    Work.objects.filter(kind=writing.WRITE).update(state=Work.State.DONE)
    return DayFileSet.objects.exclude(status="replaced").get(business_date=made.business_date)


def answered(made):
    assert (sending.send(made.serial), sending.fetch_answer(made.serial)) == (None, None)
    made.refresh_from_db()
    return made.status


@pytest.mark.django_db
def test_a_rejected_set_is_written_anew_and_the_next_day_fits(customer, fault):
    loan = shared(customer)
    assert answered(requested(loan)) == "accepted"
    go_to(loan.instalments.first().due_date)
    pay(loan, loan.instalments.first().total)
    first = rejected(requested(loan), fault)
    second = rejected(written_anew(first), fault)
    third = written_anew(second)
    assert [each.version for each in (first, second, third)] == [1, 2, 3]
    assert sending.contents(first) == sending.contents(second) == sending.contents(third)
    assert answered(third) == "accepted"
    assert answered(requested(loan)) == "accepted"  # by the partner's own book
    assert set(RejectedRow.objects.values_list("status", flat=True)) == {"resolved"}
    assert set(Alert.objects.filter(kind=sending.REJECTED).values_list("status", flat=True)) == {"cleared"}
    with pytest.raises(Problem, match="not_refused"):
        rewriting.write_anew(officer=officer("finance", FINANCE), made=third, why="again")


@pytest.mark.django_db
def test_a_wrong_set_is_checked_again_only_when_an_officer_says_so(customer):
    made, finance = requested(shared(customer)), officer("finance", FINANCE)
    with pytest.raises(Problem, match="not_refused"):
        rewriting.check_again(officer=finance, made=made, why="no need")
    path = Path(made.files.get(name="money").file.path)
    right = path.read_bytes()
    path.write_bytes(b"".join(seal(ContentFile(b"nothing"))))
    assert sending.send(made.serial) is None
    path.write_bytes(right)
    for _again in range(2):
        assert sending.send(made.serial) is None
        assert DayFileSet.objects.get().status == "written"
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(finance, backend="django.contrib.auth.backends.ModelBackend")
    assert "check-again" in client.get(reverse("admin:lending_dayfileset_change", args=[made.pk])).content.decode()
    again = reverse("admin:lending_dayfileset_check_again", args=[made.pk])
    assert "is being checked" in client.post(again, {"why": "mended", "sent": "1"}, follow=True).content.decode()
    assert Work.objects.filter(kind=writing.SEND, key=made.serial, state="waiting").exists()
    assert answered(made) == "accepted"


@pytest.mark.django_db
def test_a_set_from_before_sets_had_versions_is_not_written_anew(customer, fault):
    made = rejected(requested(shared(customer)), fault)
    ToldLoan.objects.update(set=None)  # as the older version left it
    with pytest.raises(Problem, match="written_before_versions"):
        rewriting.write_anew(officer=officer("finance", FINANCE), made=made, why="no")
    assert DayFileSet.objects.get().status == "rejected"


@pytest.mark.django_db
def test_only_the_newest_set_and_only_by_finance(customer, fault):
    loan = shared(customer)
    made = rejected(requested(loan), fault)
    with pytest.raises(Problem, match="not_permitted"):
        rewriting.write_anew(officer=officer("risk", Role.RISK_OFFICER), made=made, why="no")
    requested(loan)
    with pytest.raises(Problem, match="later_set_written"):
        rewriting.write_anew(officer=officer("finance", FINANCE), made=made, why="late")
    assert DayFileSet.objects.get(pk=made.pk).status == "rejected"


@pytest.mark.django_db
def test_an_officer_has_it_written_anew_on_its_page(customer, fault):
    made = requested(shared(customer))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer("finance", FINANCE), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:lending_dayfileset_change", args=[made.pk])
    assert "write-anew" not in client.get(page).content.decode()
    rejected(made, fault)
    assert "write-anew" in client.get(page).content.decode()
    anew = reverse("admin:lending_dayfileset_write_anew", args=[made.pk])
    assert client.get(anew).status_code == 200
    assert "is being written" in client.post(anew, {"why": "lost", "sent": "1"}, follow=True).content.decode()
    assert Work.objects.get(kind=writing.WRITE, state="waiting").key == f"{made.business_date}/{PARTNER}"
