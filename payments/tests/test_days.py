"""A business day from its payments to its settlement, against the institution's own statement."""

import datetime as dt
import hashlib
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from django.db import connection, transaction

from core import clock, work
from core.models import Work
from core.money import ZERO
from core.problems import Problem
from payments import channels, day_books, ledger, reconciliation, settlement, statements
from payments.channels import PAYMENT
from payments.channels.payment import COLUMNS
from payments.ledger import credit, debit
from payments.models import Difference, OrderKind, PaymentOrder, SettlementReport, StatementFile
from payments.routing import Lane
from payments.tests.driving import finish, work_until
from payments.tests.orderer import order
from payments.tests.routes import rule
from tests.support.processes import wait_until

pytestmark = pytest.mark.usefixtures("committed_db")


def next_morning(sandbox, days=1):
    """Both worlds go to the morning after: 10:30, when statements are ready. Returns the day that is over."""
    day = clock.today() + dt.timedelta(days=days - 1)
    moment = clock.start_of_day(day + dt.timedelta(days=1)) + dt.timedelta(hours=10, minutes=30)
    clock.move_to(moment, by="system:test")
    offset = (moment - clock.real_now()).total_seconds()
    httpx.post(f"{sandbox.url}/control/clock", json={"offset_seconds": offset}).raise_for_status()
    return day


@pytest.fixture
def busy_day(sandbox, orderer):
    """A day with payouts, a collection, a failure and a return."""
    work_until(order("1000.00", reference="A"), "succeeded")
    work_until(order("2000.50", reference="B"), "succeeded")
    work_until(order("300.00", OrderKind.COLLECTION, reference="C"), "succeeded")
    work_until(order("77.91", reference="D"), "failed")
    back = work_until(order("400.93", reference="E"), "succeeded", "returned")
    wait_until(lambda: sandbox.book("payouts", serial=back.serial)["payouts"][0]["status"] == "RETURNED", "the return")
    with transaction.atomic():
        work.enqueue("recheck_order", back.serial)
    work_until(back, "returned")
    finish()
    return clock.today()


class TestSettlement:
    """The day's figures, fixed once and compared."""

    def test_a_day_is_settled_and_reconciled(self, busy_day, sandbox):
        next_morning(sandbox)
        [report] = settlement.settle_day(busy_day)
        figures = {name: str(getattr(report, name)) for name in (*settlement.FIGURES[1:-2], *settlement.STATED)}
        assert figures == {
            "payouts": "3401.43",
            "collections": "300.00",
            "payouts_returned": "400.93",
            "collections_returned": "0.00",
            "fees": "3.50",
            "stated_out": "3401.43",
            "stated_in": "700.93",
            "stated_fees": "3.50",
        }
        assert report.opening + report.other - report.closing == Decimal("2704.00")
        assert Difference.objects.count() == 0
        assert report.statement.lines.count() == 5
        assert settlement.is_reconciled(report)
        assert report.statement.rows == 5

        assert settlement.settle_day(busy_day) == [report]
        assert (SettlementReport.objects.count(), StatementFile.objects.count()) == (1, 1)
        lines = settlement.as_csv(report).splitlines()
        assert lines[0].endswith(report.serial)
        assert lines[4].endswith(",3401.43")
        assert lines[-1].endswith(",0")
        assert len(lines) == 15

    def test_products_and_partners_add_up_to_what_the_channels_moved(self, busy_day, sandbox):
        day = next_morning(sandbox)
        [report] = settlement.settle_day(day)
        [product] = day_books.by_product(day)
        for name in day_books.MOVEMENTS:
            assert getattr(product, name) == getattr(report, name), name
        assert (product.opening, product.closing) == (ZERO, Decimal("2700.50"))
        [after] = day_books.by_product(day + dt.timedelta(days=1))
        assert (after.opening, after.payouts, after.closing) == (product.closing, ZERO, product.closing)
        due, cash = "partner_settlement:demo-bank", "channel_cash:payment"
        for number, (amount, on) in enumerate([("70.00", day), ("30.00", day), ("5.00", day - dt.timedelta(days=1))]):
            lines = [debit(cash, Decimal(amount)), credit(due, Decimal(amount))]
            lines = ledger.reversed_lines(lines) if amount == "30.00" else lines
            with transaction.atomic():
                ledger.post(key=f"due {number}", business_date=on, purpose="p", reference="r", entries=lines)
        [partner] = day_books.by_funder(day)
        figures = (partner.opening, partner.added, partner.taken, partner.net_due)
        assert figures == (Decimal("5.00"), Decimal("70.00"), Decimal("30.00"), Decimal("45.00"))

    def test_payments_of_a_day_have_it_settled_by_itself_when_it_is_over(self, sandbox, orderer):
        day = work_until(order("10.00"), "succeeded").settled_on
        row = Work.objects.get(kind="settle_day", state="waiting")
        due_in = statements.ready_at(PAYMENT, day) - clock.now()
        assert row.key == day.isoformat()
        assert abs(row.due_at - clock.real_now() - due_in) < dt.timedelta(minutes=1)
        with pytest.raises(Problem, match="day_not_over"):
            settlement.request(day)
        assert settlement.work_off(day.isoformat()) is None
        assert SettlementReport.objects.count() == 0
        next_morning(sandbox)
        work.drain()
        assert SettlementReport.objects.get().business_date == day

    def test_an_institution_that_is_late_is_asked_again(self, sandbox):
        day = next_morning(sandbox)
        sandbox.fault("statements", "refuse", count=1)
        assert isinstance(settlement.work_off(day.isoformat()), work.Again)
        assert settlement.work_off(day.isoformat()) is None
        assert SettlementReport.objects.count() == 1

    def test_one_that_is_late_keeps_no_other_waiting(self, sandbox, orderer, monkeypatch, settings):
        monkeypatch.setitem(channels.CHANNELS, "second", replace(PAYMENT, code="second"))
        monkeypatch.setitem(settings.INSTITUTIONS, "second", settings.INSTITUTIONS["payment"])
        rule(Lane("second"))
        work_until(order("10.00"), "succeeded")
        day = next_morning(sandbox)
        sandbox.fault("statements", "refuse", count=1)
        assert settlement.settle_day(day) == []
        assert SettlementReport.objects.get().channel == "second"
        assert len(settlement.settle_day(day)) == 2

    def test_a_person_sets_a_parked_day_going_again(self, sandbox, orderer):
        quiet = next_morning(sandbox)
        settlement.request(quiet)
        Work.objects.filter(kind="settle_day").update(state=Work.State.PARKED)
        settlement.request(quiet)
        finish_settlement()
        assert SettlementReport.objects.get().business_date == quiet

    def test_a_person_may_ask_for_a_day_without_payments(self, sandbox, orderer):
        quiet = next_morning(sandbox)
        settlement.request(quiet)
        finish_settlement()
        report = SettlementReport.objects.get()
        assert (report.payouts, report.stated_out, report.opening) == (0, 0, report.closing - report.other)


def test_a_statement_of_any_length_is_compared_by_few_parameters():
    """A statement of the database may have 65,535."""
    lines = [f"PY{no},PO{no},payout,1.00,0.00,SUCCESS,2026-11-23T01:00:00.000Z" for no in range(60)]
    take_in(clock.today(), *file(*lines, total="60,60.00,0.00,0.00"))
    counts = []

    def count(execute, sql, params, many, context):
        counts.append(len(params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        reconciliation.reconcile(PAYMENT, clock.today())
    assert (Difference.objects.count(), max(counts) < 60) == (60, True)


def finish_settlement():
    Work.objects.filter(kind="settle_day", state="waiting").update(due_at="2000-01-01T00:00:00Z")
    work.run_due()


def file(*lines, total):
    content = "\n".join([",".join(COLUMNS), *lines, f"#total,{total}"]) + "\n"
    return hashlib.sha256(content.encode()).hexdigest(), content


def line(order, *, amount=None, fee="1.00", status="SUCCESS", number="PY1"):
    return f"{number},{order.serial},{order.kind},{amount or order.amount},{fee},{status},2026-11-23T01:00:00.000Z"


def take_in(date, sha256, content):
    return statements.import_statement(channel=PAYMENT, date=date, sha256=sha256, content=content, serial=f"SF{date}")


class TestStatements:
    """A file is what its hash and totals say, and comes in once."""

    def test_other_content_for_the_same_day_is_refused(self, orderer):
        day = clock.today()
        take_in(day, *file(total="0,0.00,0.00,0.00"))
        assert take_in(day, *file(total="0,0.00,0.00,0.00")) == StatementFile.objects.get()
        placed = order()
        with pytest.raises(Problem, match="statement_changed"):
            take_in(day, *file(line(placed), total="1,1000.00,0.00,1.00"))
        assert StatementFile.objects.get().rows == 0

    @pytest.mark.parametrize(
        "total", ["2,1000.00,0.00,1.00", "1,1000.01,0.00,1.00", "1,1000.00,1.00,1.00", "1,1000.00,0.00,0.00", "x"]
    )
    def test_totals_that_do_not_add_up_are_refused(self, orderer, total):
        with pytest.raises(Problem, match="statement_broken"):
            take_in(clock.today(), *file(line(order()), total=total))
        assert StatementFile.objects.count() == 0

    def test_a_wrong_hash_is_refused(self):
        _sha256, content = file(total="0,0.00,0.00,0.00")
        with pytest.raises(Problem, match="statement_broken"):
            take_in(clock.today(), "0" * 64, content)


class TestDifferences:
    """What differs waits for an explanation; what later records explain clears itself."""

    @pytest.fixture
    def paid(self, sandbox, orderer):
        return work_until(order("1000.00"), "succeeded")

    def test_only_we_have_it_until_the_next_days_file_has_it(self, paid):
        day = paid.settled_on
        take_in(day, *file(total="0,0.00,0.00,0.00"))
        reconciliation.reconcile(PAYMENT, day)
        difference = Difference.objects.get()
        assert (difference.kind, difference.sign, difference.ours) == ("missing at them", "LONG", Decimal("-1001.00"))
        assert reconciliation.open_differences(day, "payment") == 1

        tomorrow = day + dt.timedelta(days=1)
        take_in(tomorrow, *file(line(paid), total="1,1000.00,0.00,1.00"))
        reconciliation.reconcile(PAYMENT, tomorrow)
        assert list(Difference.objects.order_by("id").values_list("kind", "date", "status")) == [
            ("missing at them", day, "cleared"),
            ("day cut-over", tomorrow, "cleared"),
        ]

    def test_only_they_have_it(self, paid):
        other = PaymentOrder(serial="20261123PO0000000990", kind="payout", amount=Decimal("5.00"))
        day = paid.settled_on
        take_in(day, *file(line(paid), line(other, number="PY2"), total="2,1005.00,0.00,2.00"))
        reconciliation.reconcile(PAYMENT, day)
        [difference] = Difference.objects.all()
        assert (difference.kind, difference.sign, difference.status) == ("missing at us", "SHORT", "open")

        reconciliation.reconcile(PAYMENT, day)
        assert Difference.objects.count() == 1

    def test_amount_and_fee(self, paid):
        take_in(paid.settled_on, *file(line(paid, amount="900.00", fee="3.00"), total="1,900.00,0.00,3.00"))
        reconciliation.reconcile(PAYMENT, paid.settled_on)
        rows = Difference.objects.order_by("kind").values_list("kind", "ours", "theirs")
        assert list(rows) == [
            ("amount", Decimal("-1000.00"), Decimal("-900.00")),
            ("fee", Decimal("-1.00"), Decimal("-3.00")),
        ]

    def test_a_status_that_differs_is_asked_about_and_clears_itself(self, sandbox, orderer):
        placed = work_until(order("60.94"), "accepted")
        Work.objects.filter(kind="query_order").update(due_at="2100-01-01T00:00:00Z")
        wait_until(lambda: sandbox.book("payouts")["payouts"][0]["status"] == "SUCCESS", "the success")
        day = clock.today()
        take_in(day, *file(line(placed), total="1,60.94,0.00,1.00"))
        reconciliation.reconcile(PAYMENT, day)
        assert Difference.objects.get().kind == "status"
        Work.objects.filter(kind="recheck_order").update(due_at="2000-01-01T00:00:00Z")
        work.run_due()
        assert PaymentOrder.objects.get(pk=placed.pk).status == "succeeded"
        reconciliation.reconcile(PAYMENT, day)
        assert Difference.objects.get().status == "cleared"
