"""Settlement with funding partners: netted, ordered once, paid through the bank, and at last even."""

import datetime as dt
import os
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from accounts.tests import factories as people
from core import alerts, clock, work
from core.models import Alert
from core.money import ZERO
from core.registry import day_settled
from lending import partner_settlements
from lending.models import PartnerSettlement
from lending.reference_data import PARTNER_BANK
from lending.tests.factories import officer, running_loan, tell
from lending.tests.test_lives import a_world_of_its_own, go_to, pay
from payments import ledger, querying, sending
from payments.chart import AccountKind, account
from payments.models import PaymentOrder
from tests.journeys.rivals import at_once
from tests.support.processes import wait_until

EXAMPLES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 8
DUE = account(AccountKind.PARTNER_SETTLEMENT, funder=PARTNER_BANK)
POOL = account(AccountKind.FUND_POOL, funder=PARTNER_BANK)
ONE_DAY = dt.timedelta(days=1)


def next_day():
    """Go on to the next day; returns the one that is over."""
    today = clock.today()
    go_to(today + ONE_DAY)
    return today


def settle(date):
    partner_settlements.settle(f"{date}/{PARTNER_BANK}")


def settled(date):
    """The settlement of a day, drawn up now."""
    settle(date)
    return PartnerSettlement.objects.get(business_date=date, partner__code=PARTNER_BANK)


def carried_out(settlement, status):
    """The settlement once the bank has brought its order, and no other, to that status."""
    order = PaymentOrder.objects.get(serial=settlement.order)
    sending.send(order.serial)

    def ended():
        querying.query(order.serial)
        querying.recheck(order.serial)
        return PaymentOrder.objects.get(pk=order.pk).status == status

    wait_until(ended, f"the order {status}", seconds=20)
    settlement.refresh_from_db()
    return PaymentOrder.objects.get(pk=order.pk)


def post_due(fen):
    """The ledger comes to owe the partner so much more."""
    amount = Decimal(abs(fen)) / 100
    lines = [ledger.debit(POOL, amount), ledger.credit(DUE, amount)]
    with transaction.atomic():
        ledger.post(
            key=f"test {PaymentOrder.objects.count()} {clock.real_now()}",
            business_date=clock.today(),
            purpose="test",
            reference="test",
            entries=lines if fen > 0 else ledger.reversed_lines(lines),
        )


def in_clearing():
    return [ledger.balance(account(kind)) for kind in (AccountKind.PAYOUT_CLEARING, AccountKind.COLLECTION_CLEARING)]


def nothing_in_clearing():
    return in_clearing() == [ZERO, ZERO]


@pytest.mark.django_db
def test_a_joint_loan_is_settled_with_its_partner_both_ways_through_the_bank(sandbox):
    """The partner's part of the payout is collected from it; of what the customer pays, its part is paid to it."""
    loan = running_loan(people.verified_customer(), amount=Decimal("10000"), partner=True)
    hanging = in_clearing()  # the loan's own money leg: no institution paid it out here
    claimed = settled(next_day())
    assert (claimed.due, claimed.amount, claimed.status) == (Decimal("-7000.00"), Decimal("-7000.00"), "ordered")
    order = carried_out(claimed, "succeeded")
    assert (order.kind, order.channel, order.payee_kind, order.funder) == (
        "collection",
        "bank",
        "company",
        PARTNER_BANK,
    )
    assert (claimed.status, ledger.balance(DUE), in_clearing()) == ("paid", ZERO, hanging)

    go_to(loan.instalments.first().due_date)
    pay(loan, loan.instalments.first().total)
    due, hanging = ledger.balance(DUE), in_clearing()
    paid = settled(next_day())
    assert (paid.due, paid.amount, paid.on_its_way) == (due, due, ZERO)
    carried_out(paid, "succeeded")
    [at_the_bank] = sandbox.book("bank/payouts", serial=paid.order)["payouts"]
    assert (at_the_bank["status"], Decimal(at_the_bank["amount"])) == ("SUCCESS", due)
    assert (ledger.balance(DUE), in_clearing()) == (ZERO, hanging)
    assert settled(next_day()).status == "even"


@pytest.mark.django_db
def test_what_came_back_is_due_again_the_next_day(sandbox):
    post_due(400_93)
    first = settled(next_day())
    carried_out(first, "returned")
    assert (first.status, ledger.balance(DUE)) == ("returned", Decimal("400.93"))
    post_due(7)
    assert (settled(next_day()).amount, nothing_in_clearing()) == (Decimal("401.00"), True)


@pytest.mark.django_db
def test_a_refused_payment_stays_due(sandbox):
    post_due(300_91)
    failed = settled(next_day())
    carried_out(failed, "failed")
    assert (failed.status, ledger.balance(DUE), nothing_in_clearing()) == ("failed", Decimal("300.91"), True)
    assert not failed_alerts("cleared") and failed.order in alerts.sentence_of(*failed_alerts("open"))
    page = reverse("admin:lending_partnersettlement_change", args=[failed.pk])
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer("finance", Role.FINANCE_OFFICER), backend="django.contrib.auth.backends.ModelBackend")
    assert "the next business date takes it in by itself" in client.get(page).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["paid", "even", "paid after all"])
def test_the_alert_of_an_unpaid_settlement_is_over_with_the_next_net(end):
    post_due(300)
    failed = settled(next_day())
    tell(failed.order, "failed")
    assert len(failed_alerts("open")) == 1
    if end == "paid after all":
        tell(failed.order, "succeeded", after_failure=True)
    else:
        post_due(-300 if end == "even" else 5)
        after = settled(next_day())
        if end == "paid":
            assert len(failed_alerts("open")) == 1
            tell(after.order, "succeeded")
    assert (failed_alerts("open"), len(failed_alerts("cleared"))) == ([], 1)


@pytest.mark.django_db
def test_an_older_settlement_that_is_paid_does_not_end_the_alert_of_a_later_one():
    post_due(300)
    first = settled(next_day())
    post_due(5)
    second = settled(next_day())
    tell(second.order, "failed")
    tell(first.order, "succeeded")
    [alert] = failed_alerts("open")
    assert alert.facts["settlement"] == second.serial


@pytest.mark.django_db
def test_what_is_paid_after_all_when_the_next_net_has_it_too_is_told_until_a_net_takes_it_back():
    post_due(300)
    failed = settled(next_day())
    tell(failed.order, "failed")
    post_due(5)
    after = settled(next_day())
    tell(failed.order, "succeeded", after_failure=True)
    [alert] = paid_twice("open")
    assert after.order in alerts.sentence_of(alert) and failed.order in alerts.sentence_of(alert)
    tell(after.order, "succeeded")
    assert paid_twice("open") == [alert]
    assert (settled(next_day()).amount, paid_twice("cleared")) == (Decimal("-3.00"), [alert])


@pytest.mark.django_db
def test_a_later_order_that_left_out_what_failed_only_afterwards_moves_nothing_twice():
    post_due(300)
    first = settled(next_day())
    post_due(5)
    settled(next_day())
    tell(first.order, "failed")
    tell(first.order, "succeeded", after_failure=True)
    assert not Alert.objects.filter(kind=partner_settlements.PAID_TWICE).exists()
    assert settled(next_day()).status == "even"


def failed_alerts(status):
    return alerts_of(partner_settlements.UNPAID, status)


def paid_twice(status):
    return alerts_of(partner_settlements.PAID_TWICE, status)


def alerts_of(kind, status):
    return list(Alert.objects.filter(kind=kind, key=PARTNER_BANK, status=status))


@pytest.mark.django_db
def test_a_settled_day_has_every_partner_with_an_account_in_the_ledger_settled_with():
    post_due(100)
    day = next_day()
    for _twice in range(2):
        with transaction.atomic():
            for _name, schedule in day_settled.all():
                schedule(day)
    while work.run_next():
        pass
    assert PartnerSettlement.objects.get().business_date == day


def test_rivals_order_one_payment(committed_db):
    post_due(100_00)
    day = next_day()
    at_once(*[lambda: settle(day)] * 4)
    settlement = PartnerSettlement.objects.get()
    assert PaymentOrder.objects.get().serial == settlement.order


STEP = st.one_of(
    st.tuples(st.just("due"), st.integers(-100_000, 100_000).filter(bool)),
    st.tuples(st.just("settle"), st.integers(1, 3)),
    st.tuples(st.just("day"), st.just(0)),
    st.tuples(st.sampled_from(["succeeded", "failed", "returned"]), st.integers(0, 9)),
)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES)
@given(steps=st.lists(STEP, min_size=4, max_size=25))
def test_whatever_happens_no_yuan_is_settled_twice_and_the_end_is_even(db, steps):
    """Days are settled late, again and in any order, while orders succeed, fail and come back at any time."""
    with a_world_of_its_own():
        dues: list[tuple[dt.date, Decimal]] = []
        for what, number in steps:
            if what == "due":
                post_due(number)
                dues.append((clock.today(), Decimal(number) / 100))
            elif what == "settle":
                settle_and_check(clock.today() - number * ONE_DAY, dues)
            elif what == "day":
                next_day()
            else:
                end_one(what, number)
        for _round in range(2):
            settle_and_check(next_day(), dues)
            for row in PartnerSettlement.objects.filter(status="ordered"):
                tell(row.order, "succeeded")
        paid = PartnerSettlement.objects.filter(status="paid")
        assert sum((row.amount for row in paid), ZERO) == sum((amount for _day, amount in dues), ZERO)
        assert (ledger.balance(DUE), on_its_way()) == (ZERO, ZERO)


def end_one(status, number):
    """Orders succeed, also after they had failed."""
    wanted = {"returned": ["paid"], "failed": ["ordered"], "succeeded": ["ordered", "failed"]}[status]
    rows = list(PartnerSettlement.objects.filter(status__in=wanted).order_by("pk"))
    if rows:
        tell(rows[number % len(rows)].order, status)


def on_its_way():
    return sum((row.amount for row in PartnerSettlement.objects.filter(status="ordered")), ZERO)


def settle_and_check(date, dues):
    """Where a settlement was drawn up, all that was due by then is settled or on its way: but for what had been paid by
    that day and has come back since, which is due to the next one.
    """
    before = PartnerSettlement.objects.count()
    settle(date)
    rows = list(PartnerSettlement.objects.all())
    if len(rows) == before:
        return
    late = [row for row in rows if row.status == "returned" and row.paid_on <= date < row.returned_on]
    stands = [row for row in rows if row.status in ("ordered", "paid", "even")]
    assert sum((row.amount for row in stands + late), ZERO) == sum((due for day, due in dues if day <= date), ZERO)
