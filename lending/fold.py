"""The fold: terms and events in, what is owed and why out. A backdated or reversed event is simply folded in its place.

The same fold serves statements as of any date, payoff quotes and booking. No Django, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO
from lending.allocation import DEFAULT_ORDER, Allocation, Amounts, Component, allocate
from lending.conventions import InterestOn
from lending.events import (
    Event,
    EventRefused,
    Extension,
    GivingBack,
    Payment,
    Prepayment,
    Waiver,
    WriteOff,
    in_force,
)
from lending.interest import Rate
from lending.late import RateHistory, Run
from lending.penalty import ONCE_FOR_THE_LOAN, PenaltyOn, PenaltyTerms, days_late
from lending.plan import MOST_PERIODS, Instalment, Plan
from lending.prepayment import Strategy, prepay
from lending.schedule import add_fees, planned_changes, row_fee, run_out
from lending.terms import Method, RateChange, Terms

ONE_DAY = timedelta(1)


@dataclass(slots=True)
class Debt:
    """An instalment that fell due: its row, what was paid and waived of it, what runs on it while it is late."""

    row: Instalment
    paid: Amounts = field(default_factory=Amounts)
    waived: Amounts = field(default_factory=Amounts)
    penalty_run: Run = field(default_factory=Run)
    penalty: Decimal = ZERO
    beyond_grace: bool = False

    @property
    def owed(self) -> Amounts:
        """What is still to be paid of it. Never below zero: an early payment of more stays with the prepaid part."""
        row = self.row
        billed = Amounts(self.penalty, row.fee, row.interest, row.principal - row.prepaid)
        return billed.minus(self.paid).minus(self.waived)

    @property
    def principal_owed(self) -> Decimal:
        """The principal of what is still to be paid of it."""
        return self.row.principal - self.row.prepaid - self.paid.principal - self.waived.principal

    @property
    def scheduled_owed(self) -> Decimal:
        """What is still to be paid of it without penalty: what makes it late."""
        owed = self.owed
        return owed.fee + owed.interest + owed.principal


@dataclass(frozen=True, slots=True)
class Statement:
    """The loan as of a date, in yuan: rows (due ones first, then what is planned), what was paid and waived on each,
    balances (principal due or not, the rest as due), and days past due."""

    rows: list[Instalment]
    paid: list[Amounts]
    waived: list[Amounts]
    penalties: list[Decimal]
    balances: Amounts
    dpd: int


class LoanFold:
    """A loan moving through its events. Made by `fold`; asked by `payoff`."""

    def __init__(self, terms: Terms, penalty: PenaltyTerms | None = None, known: int = 0) -> None:
        self.terms = terms
        self.penalty = penalty
        self.known = known
        self.plan = Plan(terms)
        self.day = terms.start
        self.debts: list[Debt] = []
        self.rates = [(terms.start, terms.rate)]
        self.planned = planned_changes(terms)
        self.taken: dict[int, Amounts] = {}
        self.left_over: dict[int, Decimal] = {}
        self.after_end = Run()
        self.claims: list[Amounts] | None = None
        self.given_up: list[Instalment] = []
        self.lost = Amounts()
        self.recovered = Amounts()

    # Time passes.

    def move_to(self, day: date) -> None:
        """Let the days up to `day` pass: planned draws and rates, dues, interest, penalty."""
        while self.planned and self.planned[0][0] <= day:
            when, change = self.planned.pop(0)
            self._pass_days(when)
            self._change(when, change)
        self._pass_days(day)

    def _change(self, when: date, change: Decimal | Rate) -> None:
        if self.claims is not None:
            return
        if isinstance(change, Decimal):
            self.plan.draw(change)
        else:
            self._set_rate(when, change)

    def _set_rate(self, when: date, rate: Rate) -> None:
        self.rates.append((when, rate))
        self.plan.change_rate(rate)

    def _pass_days(self, day: date) -> None:
        if self.claims is not None:
            return
        while not self.plan.finished and self.plan.period.due <= day:
            self._fall_due(self.plan.move_to(self.plan.period.due))
        self._run_late(day)
        self.plan.move_to(day)
        self.day = max(self.day, day)

    def _fall_due(self, rows: list[Instalment]) -> None:
        for row in rows:
            row.fee = row_fee(row, self.terms, is_last=self.plan.finished)
            self.debts.append(Debt(row))
        self._bear_late()

    def _bear_late(self) -> None:
        if self.terms.conventions.interest_on is InterestOn.OUTSTANDING:
            self.plan.bear_late(self._late_principal())

    def _late_principal(self) -> Decimal:
        return sum((debt.principal_owed for debt in self.debts), ZERO)

    # What runs while something is late.

    def history(self) -> RateHistory:
        """The contract rate so far."""
        return RateHistory(self.terms, self.rates, self.plan.periods)

    def _run_late(self, day: date, closing: bool = False) -> None:
        """Let penalty run to `day`, and interest on what is still unpaid after the last due date.

        The due date itself counts (where it does) only once it is over: at the end of a statement's day, not before a
        payment of that day.
        """
        if self.plan.finished and self.debts and self.terms.conventions.interest_on is InterestOn.OUTSTANDING:
            self._run_after_end(day)
        if self.penalty is None:
            return
        late = [debt for debt in self.debts if debt.row.due < day or (closing and debt.row.due == day)]
        if self.penalty.on in ONCE_FOR_THE_LOAN:
            late = [debt for debt in late if debt.scheduled_owed][:1]
        for debt in late:
            self._run_penalty(debt, day, self.penalty)

    def _run_penalty(self, debt: Debt, day: date, penalty: PenaltyTerms) -> None:
        base = self._penalty_base(debt, penalty.on)
        if not base:
            return
        first = debt.row.due - ONE_DAY if penalty.count_due_date else debt.row.due
        if penalty.on in ONCE_FOR_THE_LOAN:
            ends = [other.penalty_run.stretches[-1][2] for other in self.debts if other.penalty_run.stretches]
            first = max([first, *ends])
        debt.penalty_run.add(base, first, day)
        if days_late(debt.row.due, day, penalty.count_due_date) > penalty.grace_days:
            debt.beyond_grace = True

    def _reckon_penalties(self) -> None:
        """Round what has run up: when something is to be paid or asked, not day by day."""
        history = self.history()
        for debt in self.debts:
            if debt.beyond_grace:
                debt.penalty = debt.penalty_run.amount(history, self.terms.conventions, self.penalty)

    def _penalty_base(self, debt: Debt, on: PenaltyOn) -> Decimal:
        if on is PenaltyOn.INITIAL_AMOUNT:
            return self.terms.principal
        if on is PenaltyOn.OUTSTANDING_PRINCIPAL:
            return self.principal
        return debt.principal_owed + (debt.owed.interest if on is PenaltyOn.PRINCIPAL_AND_INTEREST else ZERO)

    def _run_after_end(self, day: date) -> None:
        late, last = self._late_principal(), self.debts[-1].row
        before = self.after_end.amount(self.history(), self.terms.conventions)
        self.after_end.add(late, max(last.due, self.day), day)
        last.interest += self.after_end.amount(self.history(), self.terms.conventions) - before

    # Where it stands.

    @property
    def principal(self) -> Decimal:
        """Principal outstanding, due or not."""
        return self.plan.balance + self._late_principal()

    @property
    def due(self) -> Amounts:
        """What is due and unpaid."""
        total = Amounts()
        for debt in self.debts:
            total = total.plus(debt.owed)
        return total

    @property
    def paid(self) -> Amounts:
        """What payments paid of it while it stood on the books."""
        total = Amounts()
        for taken in self.taken.values():
            total = total.plus(taken)
        return total.minus(self.recovered)

    @property
    def waived(self) -> Amounts:
        """What was forgiven."""
        total = Amounts()
        for debt in self.debts:
            total = total.plus(debt.waived)
        return total

    @property
    def overpaid(self) -> Decimal:
        """What payments left over: the customer's own money."""
        return sum(self.left_over.values(), ZERO)

    @property
    def claim(self) -> Decimal:
        """What is still claimed of a loan written off; zero while it stands on the books."""
        return sum((claim.total for claim in self.claims or ()), ZERO)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is owed and nothing will be."""
        return self.plan.finished and not self.principal and not self.due.total

    @property
    def dpd(self) -> int:
        """Days since the oldest unpaid due date."""
        oldest = next((debt for debt in self.debts if debt.scheduled_owed), None)
        count_due_date = self.penalty is not None and self.penalty.count_due_date
        return days_late(oldest.row.due, self.day, count_due_date) if oldest and self.claims is None else 0

    # What people do.

    def apply(self, index: int, event: Event) -> None:
        """Let one event happen on its day. Raises EventRefused."""
        if event.date < self.terms.start:
            raise EventRefused("before_disbursement", index)
        self.move_to(event.date)
        self._reckon_penalties()
        if self.claims is not None and not isinstance(event, Payment):
            raise EventRefused("written_off", index)
        if isinstance(event, Payment):
            self._pay(index, event)
        elif isinstance(event, Prepayment):
            self._prepay(index, event)
        elif isinstance(event, RateChange):
            self._set_rate(event.date, event.rate)
        elif isinstance(event, Extension):
            self._extend(index, event)
        elif isinstance(event, Waiver):
            self._waive(index, event)
        elif isinstance(event, WriteOff):
            self._write_off()
        self._bear_late()

    def _pay(self, index: int, event: Payment) -> None:
        if self.claims is not None:
            self._recover(index, event, self.claims)
            return
        order = event.order_at(self.dpd)
        result = allocate(event.amount, [debt.owed for debt in self.debts], order)
        taken, left = self._take(result), result.left_over
        self._bear_late()
        if isinstance(event, GivingBack) and not event.days_used_cost and left >= self.plan.balance:
            self.plan.forgive_accrued()
        if event.strategy and left:
            early, left = self._pay_early(left, event.strategy, order)
            taken = taken.plus(early)
        self.taken[index], self.left_over[index] = taken, left

    def _take(self, result: Allocation) -> Amounts:
        taken = Amounts()
        for debt, paid in zip(self.debts, result.paid, strict=True):
            debt.paid = debt.paid.plus(paid)
            taken = taken.plus(paid)
        return taken

    def _pay_early(self, amount: Decimal, strategy: Strategy, order: tuple[Component, ...]) -> tuple[Amounts, Decimal]:
        """Prepay principal; what exceeds all of it pays the interest run up so far, and so closes the loan today. Where
        nothing is left for that interest, it falls due with its period."""
        taken = Amounts()
        if self.terms.method is Method.ANY_DAY:
            taken, amount = self._pay_run_up(amount, order)
        principal = min(amount, self.plan.balance)
        if principal:
            prepay(self.plan, principal, strategy)
            taken.add(Component.PRINCIPAL, principal)
        left = amount - principal
        if not self.plan.balance and not self.plan.finished and (left or not self.plan.accrued):
            self._close_early()
            result = allocate(left, [debt.owed for debt in self.debts], order)
            taken, left = taken.plus(self._take(result)), result.left_over
        return taken, left

    def _pay_run_up(self, amount: Decimal, order: tuple[Component, ...]) -> tuple[Amounts, Decimal]:
        """Pay the interest run up to today before any principal. An amount that is less than it pays principal, so that
        nothing is overdue because something was paid."""
        if amount < self.plan.accrued:
            return Amounts(), amount
        row = self.plan.bill_today()
        if row is None:
            return Amounts(), amount
        self._fall_due([row])
        result = allocate(amount, [debt.owed for debt in self.debts], order)
        return self._take(result), result.left_over

    def _close_early(self) -> None:
        """Bill the interest of the open period now, be it nothing: all principal is repaid, no more can run."""
        row = None
        while not self.plan.finished and not row:
            row = self.plan.close_period()
        if row:
            self._fall_due([row])

    def _prepay(self, index: int, event: Prepayment) -> None:
        if event.amount > self.plan.balance + self.plan.accrued:
            raise EventRefused("more_than_owed", index)
        self._pay_early(event.amount, event.strategy, DEFAULT_ORDER)

    def _extend(self, index: int, event: Extension) -> None:
        if self.plan.finished:
            if index < self.known:
                return
            raise EventRefused("nothing_left_to_spread", index)
        if len(self.plan.periods) + event.periods > MOST_PERIODS:
            raise EventRefused("too_many_periods", index)
        self.plan.extend(event.periods)

    def _waive(self, index: int, event: Waiver) -> None:
        for component in Component:
            left = event.amounts[component]
            for debt in self.debts:
                part = min(left, debt.owed[component])
                debt.waived.add(component, part)
                left -= part
            if left and index >= self.known:
                raise EventRefused("more_than_owed", index)

    def _write_off(self) -> None:
        accrued = self.plan.accrued
        self.lost = self.due
        self.lost.principal = self.principal
        self.given_up = self.plan.rest()
        self.claims = [debt.owed for debt in self.debts]
        self.claims.append(Amounts(interest=accrued, principal=self.plan.balance))

    def _recover(self, index: int, event: Payment, claims: list[Amounts]) -> None:
        result = allocate(event.amount, claims, event.order)
        taken = Amounts()
        for place, paid in enumerate(result.paid):
            claims[place] = claims[place].minus(paid)
            taken = taken.plus(paid)
            if place < len(self.debts):
                self.debts[place].paid = self.debts[place].paid.plus(paid)
        self.taken[index], self.left_over[index] = taken, result.left_over
        self.recovered = self.recovered.plus(taken)

    # The answer.

    def end_day(self, day: date) -> None:
        """Let `day` pass to its end."""
        self.move_to(day)
        if self.claims is None:
            self._run_late(day, closing=True)
            self._reckon_penalties()

    def statement(self) -> Statement:
        """The loan as it stands; the days to come are planned as if all that is late were paid today."""
        balances = Amounts() if self.claims is not None else self.due
        if self.claims is None:
            balances.principal = self.principal
        ahead = self._rows_ahead()
        none = [Amounts() for _ in ahead]
        return Statement(
            rows=[debt.row for debt in self.debts] + ahead,
            paid=[debt.paid.plus(Amounts(principal=debt.row.prepaid)) for debt in self.debts]
            + [Amounts(principal=row.prepaid) for row in ahead],
            waived=[debt.waived for debt in self.debts] + none,
            penalties=[debt.penalty for debt in self.debts] + [ZERO for _ in ahead],
            balances=balances,
            dpd=self.dpd,
        )

    def _rows_ahead(self) -> list[Instalment]:
        if self.claims is not None:
            return self.given_up
        plan = self.plan.copy()
        plan.bear_late(ZERO)
        known = len(plan.rows)
        run_out(plan, self.planned)
        ahead = plan.rows[known:]
        add_fees(ahead, self.terms)
        return ahead


def fold(
    terms: Terms, events: Sequence[Event], as_of: date, penalty: PenaltyTerms | None = None, known: int = 0
) -> LoanFold:
    """The loan after all `events` up to the end of `as_of`, in order of date. Raises EventRefused, NeverRepaid.

    The first `known` events were agreed to when they were told: where a backdated or reversed event has since left
    less for a waiver or an extension to do, it does only that.
    """
    loan = LoanFold(terms, penalty, known)
    for index, event in in_force(events, as_of):
        loan.apply(index, event)
    loan.end_day(as_of)
    return loan
