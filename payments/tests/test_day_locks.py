"""A reconciled day is locked by one officer, unlocked by two, and compared again only while it is open."""

import pytest
from django.urls import reverse

from core import work
from core.models import TransitionLog, Work
from payments import adjustments, day_locks, reconciliation, settlement
from payments.channels import PAYMENT
from payments.models import Difference, ReconciledDay
from payments.tests.driving import work_until
from payments.tests.orderer import order
from payments.tests.test_adjustments import ann, ben, refused  # noqa: F401
from payments.tests.test_days import file, next_morning, take_in

pytestmark = pytest.mark.usefixtures("committed_db", "in_english")


@pytest.fixture
def day(sandbox):
    """A quiet day, settled."""
    settlement.settle_day(next_morning(sandbox))
    return ReconciledDay.objects.get()


def test_a_locked_day_is_neither_compared_nor_settled_again(day, ann, ben):  # noqa: F811
    day_locks.lock(officer=ann, day=day, why="all is explained")
    refused("day_locked", day_locks.rerun, officer=ann, day=day, why="once more")
    refused("day_locked", settlement.request, date=day.date)
    refused("day_locked", reconciliation.reconcile, channel=PAYMENT, date=day.date)
    assert len(settlement.settle_day(day.date)) == 1
    refused("wrong_state", day_locks.lock, officer=ben, day=day, why="again")
    assert not Work.objects.filter(kind="rerun_day").exists()


def test_unlocking_needs_a_second_person(day, ann, ben):  # noqa: F811
    refused("not_locked", day_locks.propose_unlock, officer=ann, day=day, why="x")
    day_locks.lock(officer=ann, day=day, why="all is explained")
    refused("nothing_proposed", day_locks.approve_unlock, officer=ben, day=day, why="x")
    day_locks.propose_unlock(officer=ann, day=day, why="a letter came")
    refused("same_person", day_locks.approve_unlock, officer=ann, day=day, why="mine")
    day_locks.refuse_unlock(officer=ben, day=day, why="which letter?")
    assert ReconciledDay.objects.get().status == "locked"
    day_locks.propose_unlock(officer=ann, day=day, why="this letter")
    day_locks.approve_unlock(officer=ben, day=day, why="seen")
    assert ReconciledDay.objects.get().status == "open"
    assert [(log.verb, log.actor, log.reason) for log in TransitionLog.of(day)] == [
        ("close", "staff:ann", "all is explained"),
        ("reopen", "staff:ben", "this letter"),
    ]


def test_a_day_with_an_open_difference_or_without_settlement_is_not_locked(sandbox, orderer, ann, ben):  # noqa: F811
    date = work_until(order("1000.00"), "succeeded").settled_on
    take_in(date, *file(total="0,0.00,0.00,0.00"))
    reconciliation.reconcile(PAYMENT, date)
    day = ReconciledDay.objects.get()
    refused("not_settled", day_locks.lock, officer=ann, day=day, why="x")
    next_morning(sandbox)
    settlement.settle_day(date)
    refused("differences_open", day_locks.lock, officer=ann, day=day, why="x")
    difference = Difference.objects.get()
    adjustments.propose(officer=ann, difference=difference, verb=adjustments.EXPLAIN, why="known")
    adjustments.approve(officer=ben, difference=difference, why="known")
    day_locks.lock(officer=ann, day=day, why="x")
    assert ReconciledDay.objects.get().status == "locked"


def test_a_rerun_finds_what_is_there_and_names_who_asked(day, ann):  # noqa: F811
    stray = Difference(
        channel="payment", date=day.date, kind="missing at us", out_trade_no="PO1", ours="0.00", theirs="-5.00"
    )
    stray.found_at = "2026-11-23T00:00:00Z"
    stray.save()
    day_locks.rerun(officer=ann, day=day, why="after the repair")
    work.run_due()
    assert Difference.objects.get().status == "cleared"
    log = TransitionLog.of(day).get()
    assert (log.verb, log.actor, log.reason) == ("rerun", "staff:ann", "after the repair")


def test_the_page_offers_what_the_state_allows(client, day, ann, ben):  # noqa: F811
    page = reverse("admin:payments_reconciledday_change", args=[day.pk])
    assert client.get(reverse("admin:payments_reconciledday_changelist")).status_code == 302

    def press(verb, officer):
        client.force_login(officer)
        address = reverse(f"admin:payments_reconciledday_{verb}", args=[day.pk])
        assert "HX-Redirect" in client.post(address, {"why": "good reason", "_form_submitted": "1"}).headers

    press("lock", ann)
    shown = client.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert "Propose to unlock it" in shown and "Lock the day" not in shown
    press("unlock", ann)
    press("approve", ann)
    assert ReconciledDay.objects.get().status == "locked"
    press("approve", ben)
    assert ReconciledDay.objects.get().status == "open"
    assert "Lock the day" in client.get(page, headers={"Accept-Language": "en"}).content.decode()
