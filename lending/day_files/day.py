"""One partner's files of one day while they are written: what happened, what is on its way, what stands."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby, islice
from operator import add

from django.db import connection

from core import clock
from core.models import TransitionLog
from core.money import to_fen
from lending import standing
from lending.day_files import balances, closing, rows
from lending.day_files.events import Happening, Moved, untold
from lending.day_files.layout import CLOSINGS, FILES
from lending.day_files.parts import ONE, Weights
from lending.day_files.text import Amounts, Record, Writer
from lending.models import DayFileSet, Funder, Loan, LoanEvent, LoanFunding, Repayment, ToldLoan
from payments.chart import AccountKind
from payments.models import PaymentOrder

LOANS_AT_ONCE = 1000
Kind = LoanEvent.Kind
QUIET = {Kind.DUE, Kind.PENALTY, Kind.REFUND}  # leave the plan as it was
MONEY_KINDS = {Kind.DISBURSEMENT, Kind.RETURN, Kind.REVERSAL, *standing.PAYMENTS}
ENDS = {Kind.RETURN: "cancelled", Kind.WRITE_OFF: "written_off"}
NOT_STANDING, NOTHING = ("", "", ""), (0, 0)
Pair = tuple[int, int]  # fen: the whole, the partner's part


class Day:
    """The writers hold what is written so far: of each file but the opening ones, and of what stands at the end."""

    def __init__(self, made: DayFileSet) -> None:
        self.made, self.partner, self.date = made, made.partner, made.business_date
        named = {CLOSINGS.get(each.name, each.name): each for each in FILES}
        self.writers = {name: Writer(each, self.partner.code) for name, each in named.items()}
        self.replanned: set[str] = set()
        self.ended: dict[str, str] = {}
        self.billed: dict[str, Pair] = defaultdict(lambda: NOTHING)
        self.penalty: dict[str, Pair] = defaultdict(lambda: NOTHING)
        self.booked: dict[tuple[str, str], Amounts] = defaultdict(lambda: (0, 0, 0))

    # What happened.

    def tell_events(self) -> None:
        """Write what happened, and note how far each loan is told now."""
        by_loan = groupby(untold(self.partner, self.date), key=lambda event: event.loan_id)
        while some := [list(events) for _loan, events in islice(by_loan, LOANS_AT_ONCE)]:
            events = [event for loan in some for event in loan]
            self._tell(events)
            _note_told(self.made, [(loan[-1].loan_id, loan[-1].no) for loan in some])
        for (event_kind, account), (entries, debit, credit) in sorted(self.booked.items()):
            self.writers["summary"].add((event_kind, account, entries), (debit, credit))

    def _tell(self, events: list[Happening]) -> None:
        references = {event.reference for event in events if event.reference}
        orders = {order.serial: order for order in PaymentOrder.objects.filter(serial__in=references)}
        repayments = dict(Repayment.objects.filter(order__in=references).values_list("order", "kind"))
        paid_out = [event.loan_id for event in events if event.kind in rows.PAYOUTS]
        shares = LoanFunding.objects.filter(funder=self.partner, loan__in=paid_out).select_related("loan")
        funding = {share.loan_id: share for share in shares}
        for event in events:
            self._book(event)
            if event.kind in rows.PAYOUTS:
                self._put("loans", rows.loan_row(event, funding[event.loan_id]))
            elif event.kind not in QUIET:
                self._repaid(event, repayments)
            if event.kind in MONEY_KINDS and event.reference in orders:
                self._put("money", rows.money_row(event, orders))

    def _repaid(self, event: Happening, repayments: Mapping[str, str]) -> None:
        took = rows.repaid(event)
        kind = rows.kind_of(event, repayments)
        laid = rows.instalment_rows(event, took, kind)
        for row in laid:
            self._put("repaid_instalments", row)
        if any(took.paid) or took.recovered or took.overpaid:
            self._put("repayments", rows.repayment_row(event, took, kind, rows.timing_of_all(laid)))
        if waived := rows.waiver_row(event, took):
            self._put("waivers", waived)

    def _book(self, event: Happening) -> None:
        """Take in what the event moved on the partner's accounts, and what it means for the loan's end of the day."""
        for account, moved in event.moved.items():
            if moved.entries:
                line = self.booked[event.kind, account]
                more = (moved.entries, moved.debit, moved.credit)
                self.booked[event.kind, account] = tuple(map(add, line, more))
        if event.kind in {Kind.DUE, Kind.ADJUSTMENT}:
            _add(self.billed, event.loan, event.of(AccountKind.INTEREST_RECEIVABLE))
        elif event.kind == Kind.PENALTY:
            _add(self.penalty, event.loan, event.of(AccountKind.PENALTY_RECEIVABLE))
        if event.kind not in QUIET:
            self.replanned.add(event.loan)
            self.ended[event.loan] = ENDS.get(Kind(event.kind), self.ended.get(event.loan, "cleared"))

    # What is on its way.

    def tell_draws(self) -> None:
        """Write the payouts in flight: ordered by the end of the day; by then neither paid out nor failed."""
        over = clock.start_of_day(self.date + dt.timedelta(days=1))
        told = ToldLoan.objects.filter(partner=self.partner).values("loan")
        funded = LoanFunding.objects.filter(funder=self.partner).exclude(loan__in=told).values("loan")
        loans = Loan.objects.filter(pk__in=funded).prefetch_related("funding").order_by("serial")
        orders = PaymentOrder.objects.filter(serial__in=loans.values("payout_order"), created_at__lt=over)
        by_serial = {order.serial: order for order in orders}
        failed = TransitionLog.objects.filter(
            model=Loan._meta.label,
            object_id__in=[str(loan.pk) for loan in loans],
            to_status=Loan.Status.CANCELLED,
            business_at__lt=over,
        )
        gone = set(failed.values_list("object_id", flat=True))
        for loan in loans:
            order = by_serial.get(loan.payout_order)
            if order and str(loan.pk) not in gone:
                facts = (loan.serial, order.serial, clock.business_date_of(order.created_at))
                amount = to_fen(loan.principal)
                self.writers["draws"].add(facts, (amount,), (_weights(loan, self.partner).part(amount),))

    # What stands.

    def tell_standing(self, records: Iterable[Record]) -> None:
        """Write how the loans stand at the end of the day, new plans, what was earned and which statuses changed since
        the opening, of which these are the `records`."""
        opening = {record.facts["loan"]: _stood(record) for record in records}
        for loan in closing.standing_loans(self.partner, self.date):
            now = balances.balances(loan, self.date)
            whole, part = ((*six, run_up) for six, run_up in zip((now.whole, now.part), now.accrued, strict=True))
            self._put("closing_loans", ((loan.serial, *now.standing), whole, part))
            for row in now.instalments:
                self._put("closing_instalments", row)
            if loan.serial in self.replanned:
                for row in balances.plan(loan):
                    self._put("plans", row)
            stood, accrued = opening.pop(loan.serial, (NOT_STANDING, NOTHING))
            self._changed(loan.serial, stood, now.standing[:3], accrued, now.accrued)
        for serial in sorted(opening.keys() | self.billed.keys() | self.penalty.keys()):
            stood, accrued = opening.get(serial, (NOT_STANDING, NOTHING))
            ended = (self.ended.get(serial, "cleared"), "", "") if serial in opening else NOT_STANDING
            self._changed(serial, stood, ended, accrued, NOTHING)

    def _changed(
        self, loan: str, stood: tuple[str, ...], stands: tuple[str, ...], before: tuple[int, ...], now: tuple[int, ...]
    ) -> None:
        if stood != stands:
            self.writers["status_changes"].add((loan, *stood, *stands))
        billed, penalty = self.billed.pop(loan, NOTHING), self.penalty.pop(loan, NOTHING)
        earned = [new - old + due for new, old, due in zip(now, before, billed, strict=True)]
        whole, part = zip(earned, billed, penalty, strict=True)
        if any(whole) or any(part):
            self.writers["accruals"].add((loan, stands[2]), whole, part)

    def _put(self, name: str, row: rows.Put) -> None:
        self.writers[name].add(*row)


def _stood(record: Record) -> tuple[tuple[str, ...], Pair]:
    """How a loan stood when the day began, and what was accrued of it."""
    standing_then = tuple(record.facts[name] for name in ("status", "class", "accrual_status"))
    return standing_then, (record.whole["accrued"], record.part["accrued"])


def _add(sums: dict[str, Pair], loan: str, moved: Moved) -> None:
    whole, part = sums[loan]
    sums[loan] = (whole + moved.whole, part + moved.part)


def _weights(loan: Loan, partner: Funder) -> Weights:
    """The loan's shares of principal, prefetched."""
    funding = list(loan.funding.all())
    place = next(number for number, row in enumerate(funding) if row.funder_id == partner.pk)
    return Weights([int(row.share * ONE) for row in funding], place)


def _note_told(made: DayFileSet, told: list[tuple[int, int]]) -> None:
    """How far the partner is told of each loan with this set: its event number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO lending_toldloan (loan_id, partner_id, set_id, no, before)
            SELECT loan_id, %s, %s, no, 0 FROM unnest(%s::bigint[], %s::int[]) AS told (loan_id, no)
            ON CONFLICT (partner_id, loan_id)
            DO UPDATE SET no = EXCLUDED.no, before = lending_toldloan.no, set_id = EXCLUDED.set_id
            """,
            [made.partner_id, made.pk, *(list(column) for column in zip(*told, strict=True))],
        )
