"""A difference is settled by two people: explained, or our books adjusted by a posted entry."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts import staff
from accounts.roles import Role
from core import clock
from core.models import TransitionLog
from core.problems import Problem
from payments import adjustments, ledger, reconciliation
from payments.adjustments import ADJUST, EXPLAIN, UNMATCH
from payments.channels import PAYMENT
from payments.models import Difference, DifferenceKind, ReconciledDay, Transfer
from payments.tests.driving import work_until
from payments.tests.orderer import order
from payments.tests.test_days import file, line, take_in

pytestmark = pytest.mark.usefixtures("committed_db", "in_english")


def hired(name, role=Role.FINANCE_OFFICER):
    return staff.hire(username=name, password="long-enough-7!", role=role)


@pytest.fixture
def ann():
    return hired("ann")


@pytest.fixture
def ben():
    return hired("ben")


def found(kind=DifferenceKind.MISSING_AT_US, ours="0.00", theirs="-5.00"):
    return Difference.objects.create(
        channel="payment",
        date=clock.today(),
        kind=kind,
        out_trade_no="PO1",
        movement="SUCCESS",
        ours=Decimal(ours),
        theirs=Decimal(theirs),
        found_at=clock.now(),
    )


def settled(difference, ann, ben, verb=ADJUST):
    adjustments.propose(officer=ann, difference=difference, verb=verb, why="their clerk confirmed it")
    adjustments.approve(officer=ben, difference=difference, why="seen the letter")
    return Difference.objects.get(pk=difference.pk)


def refused(code, act, **given):
    with pytest.raises(Problem) as problem:
        act(**given)
    assert problem.value.code == code


def adjustment():
    return Transfer.objects.filter(purpose=adjustments.PURPOSE)


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "against"),
    [
        (DifferenceKind.MISSING_AT_US, "0.00", "-5.00", "suspense"),
        (DifferenceKind.MISSING_AT_US, "0.00", "5.00", "suspense"),
        (DifferenceKind.AMOUNT_MISMATCH, "-1000.00", "-900.00", "suspense"),
        (DifferenceKind.FEE_MISMATCH, "-1.00", "-3.00", "channel_fees:payment"),
    ],
)
def test_an_adjustment_brings_our_cash_to_their_figure(ann, ben, kind, ours, theirs, against):
    before = ledger.balance("channel_cash:payment")
    difference = settled(found(kind, ours, theirs), ann, ben)
    assert (difference.status, difference.resolution) == ("resolved", "their clerk confirmed it")
    gap = Decimal(theirs) - Decimal(ours)
    assert ledger.balance("channel_cash:payment") == before + gap
    transfer = adjustment().get()
    [entry] = transfer.entries.exclude(account_id="channel_cash:payment")
    assert (entry.account_id, entry.amount, transfer.reference) == (against, abs(gap), "PO1")


def test_an_explanation_posts_nothing(ann, ben):
    assert settled(found(), ann, ben, EXPLAIN).status == "resolved"
    assert not adjustment().exists()
    assert reconciliation.open_differences(clock.today(), "payment") == 0


def test_who_proposed_cannot_agree(ann):
    difference = found()
    adjustments.propose(officer=ann, difference=difference, verb=ADJUST, why="mine")
    refused("same_person", adjustments.approve, officer=ann, difference=difference, why="mine too")
    assert Difference.objects.get().status == "open"
    assert not adjustment().exists()


def test_what_was_refused_can_be_proposed_otherwise(ann, ben):
    difference = found()
    adjustments.propose(officer=ann, difference=difference, verb=ADJUST, why="post it")
    refused("already_proposed", adjustments.propose, officer=ben, difference=difference, verb=EXPLAIN, why="no")
    adjustments.refuse(officer=ben, difference=difference, why="it came back already")
    refused("nothing_proposed", adjustments.approve, officer=ben, difference=difference, why="x")
    assert settled(difference, ben, ann, EXPLAIN).status == "resolved"
    refused("wrong_state", adjustments.propose, officer=ann, difference=difference, verb=EXPLAIN, why="again")


def test_where_both_say_the_same_there_is_nothing_to_adjust(ann):
    difference = found(DifferenceKind.STATUS_MISMATCH, "5.00", "5.00")
    refused("nothing_to_adjust", adjustments.propose, officer=ann, difference=difference, verb=ADJUST, why="x")


def test_a_word_and_the_role_are_needed(ann):
    difference = found()
    refused("reason_missing", adjustments.propose, officer=ann, difference=difference, verb=EXPLAIN, why=" ")
    for role in (Role.RISK_OFFICER, Role.ADMINISTRATOR):
        other = hired(role.name.lower(), role)
        for act, given in (
            (adjustments.take, {}),
            (adjustments.approve, {"why": "x"}),
            (adjustments.refuse, {"why": "x"}),
        ):
            refused("not_permitted", act, officer=other, difference=difference, **given)


def test_an_officer_takes_it_and_its_age_is_counted(ann):
    difference = found()
    adjustments.take(officer=ann, difference=difference)
    difference = Difference.objects.get()
    assert (difference.owner, difference.status, difference.age) == ("staff:ann", "open", 0)
    assert TransitionLog.of(difference).get().verb == "take"


def test_what_clears_itself_takes_the_proposal_back(ann):
    difference = found()
    adjustments.propose(officer=ann, difference=difference, verb=ADJUST, why="post it")
    assert adjustments.pending(difference)
    with transaction.atomic():
        adjustments.let_go(difference, by=reconciliation.RECONCILER, why="the records agree now")
    assert adjustments.pending(difference) is None
    assert not adjustment().exists()


def test_an_adjustment_is_undone_when_the_next_days_file_explains_the_difference(sandbox, orderer, ann, ben):
    paid = work_until(order("1000.00"), "succeeded")
    day, cash = paid.settled_on, ledger.balance("channel_cash:payment")
    take_in(day, *file(total="0,0.00,0.00,0.00"))
    reconciliation.reconcile(PAYMENT, day)
    settled(Difference.objects.get(), ann, ben)
    assert ledger.balance("channel_cash:payment") == cash + Decimal("1001.00")
    tomorrow = day + dt.timedelta(days=1)
    take_in(tomorrow, *file(line(paid), total="1,1000.00,0.00,1.00"))
    for _time in range(2):
        reconciliation.reconcile(PAYMENT, tomorrow)
        assert set(Difference.objects.values_list("kind", "status")) == {
            (DifferenceKind.MISSING_AT_THEM, "cleared"),
            (DifferenceKind.DAY_CUTOVER, "cleared"),
        }
        assert (ledger.balance("channel_cash:payment"), ledger.balance("suspense")) == (cash, 0)
    assert adjustment().count() == 2


def test_an_adjustment_stands_as_long_as_the_records_differ(sandbox, orderer, ann, ben):
    paid = work_until(order("1000.00"), "succeeded")
    day = paid.settled_on
    take_in(day, *file(total="0,0.00,0.00,0.00"))
    reconciliation.reconcile(PAYMENT, day)
    settled(Difference.objects.get(), ann, ben)
    tomorrow = day + dt.timedelta(days=1)
    take_in(tomorrow, *file(total="0,0.00,0.00,0.00"))
    reconciliation.reconcile(PAYMENT, tomorrow)
    assert Difference.objects.get().status == "resolved"
    assert ledger.balance("suspense") == Decimal("1001.00")


def test_every_surplus_statement_of_one_movement_counts(sandbox, orderer):
    paid = work_until(order("1000.00"), "succeeded")
    stated = line(paid)
    take_in(paid.settled_on, *file(stated, stated, stated, total="3,3000.00,0.00,3.00"))
    reconciliation.reconcile(PAYMENT, paid.settled_on)
    difference = Difference.objects.get()
    assert (difference.kind, difference.gap) == (DifferenceKind.DUPLICATE, Decimal("-2002.00"))


class TestPages:
    def post(self, client, verb, difference, **given):
        url = reverse(f"admin:payments_difference_{verb}", args=[difference.pk])
        return client.post(url, {**given, "_form_submitted": "1"})

    def test_one_proposes_and_another_agrees(self, client, ann, ben):
        difference = found()
        page = reverse("admin:payments_difference_change", args=[difference.pk])
        client.force_login(ann)
        assert "channel_cash:payment ¥5.00" in client.get(page).content.decode()
        assert self.post(client, "take", difference).status_code == 302
        assert "HX-Redirect" in self.post(client, "adjust", difference, why="confirmed").headers
        self.post(client, "approve", difference, why="me again")
        assert Difference.objects.get().status == "open"
        client.force_login(ben)
        assert "confirmed" in client.get(page).content.decode()
        self.post(client, "approve", difference, why="seen")
        assert Difference.objects.get().status == "resolved"
        assert adjustment().get().reference == "PO1"

    def test_a_word_is_needed(self, client, ann):
        client.force_login(ann)
        difference = found()
        assert "HX-Redirect" not in self.post(client, "explain", difference, why="").headers
        assert adjustments.pending(difference) is None

    def test_others_may_not(self, client):
        difference = found()
        client.force_login(hired("rob", Role.RISK_OFFICER))
        for verb in ("explain", "adjust", "approve", "refuse"):
            assert self.post(client, verb, difference, why="x").status_code == 403


def unmatched(difference, ann, ben):
    adjustments.propose(officer=ann, difference=difference, verb=UNMATCH, why="the wrong letter")
    adjustments.approve(officer=ben, difference=difference, why="indeed")
    return Difference.objects.get(pk=difference.pk)


def test_two_people_take_back_what_two_people_settled(ann, ben):
    before = ledger.balance("channel_cash:payment")
    difference = unmatched(settled(found(), ann, ben), ann, ben)
    assert (difference.status, difference.resolution) == ("open", "")
    assert (ledger.balance("channel_cash:payment"), adjustment().count()) == (before, 2)
    assert settled(difference, ben, ann).status == "resolved"
    assert (ledger.balance("channel_cash:payment"), adjustment().count()) == (before - 5, 3)
    assert unmatched(difference, ann, ben).status == "open"
    assert (ledger.balance("channel_cash:payment"), adjustment().count()) == (before, 4)
    assert unmatched(settled(difference, ann, ben, EXPLAIN), ben, ann).status == "open"
    assert adjustment().count() == 4


def test_one_person_takes_nothing_back(ann, ben):
    difference = settled(found(), ann, ben)
    refused("wrong_state", adjustments.propose, officer=ann, difference=difference, verb=ADJUST, why="again")
    adjustments.propose(officer=ann, difference=difference, verb=UNMATCH, why="wrong")
    refused("same_person", adjustments.approve, officer=ann, difference=difference, why="mine")
    adjustments.refuse(officer=ben, difference=difference, why="it is right")
    assert Difference.objects.get(pk=difference.pk).status == "resolved"
    assert adjustment().count() == 1


def test_what_is_open_or_cleared_or_of_a_locked_day_is_not_taken_back(ann, ben):
    difference = found()
    refused("wrong_state", adjustments.propose, officer=ann, difference=difference, verb=UNMATCH, why="x")
    settled(difference, ann, ben)
    day = ReconciledDay.objects.create(channel="payment", date=difference.date)
    adjustments.propose(officer=ann, difference=difference, verb=UNMATCH, why="wrong")
    with transaction.atomic():
        day.close(by="test", why="done")
    refused("day_locked", adjustments.approve, officer=ben, difference=difference, why="yes")
    assert (Difference.objects.get(pk=difference.pk).status, adjustment().count()) == ("resolved", 1)


def test_an_adjustment_made_while_the_records_were_compared_is_undone(ann, ben):
    before = ledger.balance("channel_cash:payment")
    seen_open = found()
    settled(Difference.objects.get(pk=seen_open.pk), ann, ben)
    with transaction.atomic():
        adjustments.let_go(seen_open, by="system:test", why="stated late")
    assert Difference.objects.get(pk=seen_open.pk).status == "cleared"
    assert (ledger.balance("channel_cash:payment"), adjustment().count()) == (before, 2)


def test_nothing_is_taken_back_on_a_day_that_is_just_being_locked(ann, ben):
    difference = settled(found(), ann, ben)
    adjustments.propose(officer=ann, difference=difference, verb=UNMATCH, why="wrong")
    day = ReconciledDay.objects.create(channel="payment", date=difference.date)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            day.lock()
            waiting = elsewhere.submit(on_its_own, adjustments.approve, officer=ben, difference=difference, why="yes")
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            day.close(by="test", why="done")
        refused("day_locked", waiting.result)
    assert (Difference.objects.get(pk=difference.pk).status, adjustment().count()) == ("resolved", 1)


def on_its_own(act, **given):
    """In a thread, on a connection that ends with it."""
    try:
        act(**given)
    finally:
        connection.close()


def test_records_that_agree_after_all_end_a_proposal_to_take_back(ann, ben):
    before = ledger.balance("channel_cash:payment")
    difference = settled(found(), ann, ben)
    adjustments.propose(officer=ann, difference=difference, verb=UNMATCH, why="wrong")
    with transaction.atomic():
        adjustments.let_go(Difference.objects.get(pk=difference.pk), by="system:test", why="stated late")
    assert Difference.objects.get(pk=difference.pk).status == "cleared"
    assert adjustments.pending(difference) is None
    assert ledger.balance("channel_cash:payment") == before
