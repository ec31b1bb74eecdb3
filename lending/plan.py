"""The repayment plan as it moves through time: accrue, draw, prepay, change the rate, extend, close a period.

One engine makes the schedule that is quoted, the schedule that is booked, and the schedule after any event; that is why
they agree to the fen. No Django, no clock.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from lending.conventions import Parts
from lending.interest import NOTHING, Factor, Rate, rate_factor
from lending.levels import Level, choose_instalment, choose_principal
from lending.periods import Period
from lending.terms import REPAID_AT_ONCE, Method, Terms

PAID_AT_THE_END = {Method.INTEREST_ONLY, *REPAID_AT_ONCE}
MOST_PERIODS = 1200


class NeverRepaid(ValueError):
    """The fixed instalment does not outgrow the interest."""


@dataclass(slots=True)
class Instalment:
    """One row of a plan in yuan: what falls due on `due`. `balance` is principal left at the end of that day;
    `prepaid` is the part of `principal` that was paid early inside the period; `slices` bore its interest."""

    no: int
    start: date
    due: date
    principal: Decimal
    interest: Decimal
    balance: Decimal
    fee: Decimal = ZERO
    prepaid: Decimal = ZERO
    slices: tuple["Slice", ...] = field(default=(), compare=False, repr=False)

    @property
    def total(self) -> Decimal:
        """Principal, interest and fee."""
        return self.principal + self.interest + self.fee


@dataclass(slots=True)
class Slice:
    """Days [start, end) of one period on which one balance bore one factor; `cut` where an event began it."""

    base: Decimal
    start: date
    end: date
    cut: bool
    factor: Factor

    @property
    def part(self) -> Factor:
        """Its unrounded interest, as a quotient."""
        return Factor(self.base * self.factor.over, self.factor.under)


def add_parts(parts: list[Factor]) -> Decimal:
    """The sum of quotients, divided once where they divide by the same."""
    if len({part.under for part in parts}) == 1:
        return sum((part.over for part in parts), ZERO) / parts[0].under
    return sum((part.value for part in parts), ZERO)


class Plan:
    """The state of a plan on the day `since`: periods closed, the open one, the balance, the rate, the level."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.conventions = terms.conventions
        self.periods = terms.periods
        self.rate = terms.rate
        self.open = 0
        self.since = terms.start
        self.balance = ZERO
        self.drawn = ZERO
        self.late = ZERO
        self.level: Level | None = None
        self.level_from = 0
        self.fixed: dict[int, Decimal] = {}
        self.shortened = terms.until_repaid
        self.rows: list[Instalment] = []
        self._slices: list[Slice] = []
        self._cut = True
        self._prepaid = ZERO
        self._deferred = ZERO
        self._flat_exact = ZERO
        self._flat_billed = ZERO

    # What happens on a day. Every verb first accrues to that day.

    def accrue(self, day: date) -> None:
        """Let interest run on the present balance up to `day`, inside the open period."""
        if day <= self.since:
            return
        flat = self.terms.method is Method.FLAT and self.balance
        base = (self.drawn if flat else self.balance) + self.late
        last = self._slices[-1] if self._slices else None
        if last and not self._cut and last.start >= self.period.start:
            last.end, last.factor = day, self._factor(last.start, day)
        elif base:
            self._slices.append(Slice(base, self.since, day, self._cut, self._factor(self.since, day)))
            self._cut = False
        self.since = day

    def move_to(self, day: date) -> list[Instalment]:
        """Close every period due by `day`, accrue to `day`, and return the instalments that fell due."""
        closed = []
        while not self.finished and self.period.due <= day:
            row = self.close_period()
            if row:
                closed.append(row)
        if not self.finished:
            self.accrue(day)
        return closed

    def draw(self, amount: Decimal) -> None:
        """Pay out `amount` today; the level instalment is derived anew from the open period."""
        self._cut = True
        self.balance += amount
        self.drawn += amount
        self._show_balance()
        self.derive_anew()

    def change_rate(self, rate: Rate) -> None:
        """Count `rate` from today; the level instalment is derived anew from the open period."""
        self._cut = True
        self.rate = rate
        self.derive_anew()

    def extend(self, count: int) -> None:
        """Add `count` periods at the end and spread anew what is not yet due."""
        self.periods += self.terms.more_periods(self.periods, count)
        self.derive_anew()

    def take_prepaid(self, amount: Decimal) -> None:
        """Lower the balance by `amount` today, as principal of the row in whose period today lies, its due date
        included. What the following instalments pay is for the strategy to say (see `prepayment.py`)."""
        self._cut = True
        self.balance -= amount
        self.drawn -= min(self.drawn, amount)
        if self.rows and self.rows[-1].due == self.since:
            self.rows[-1].principal += amount
            self.rows[-1].prepaid += amount
            self._show_balance()
        else:
            self._prepaid += amount

    def forgive_accrued(self) -> None:
        """Let the interest of the open period so far never have run."""
        self._slices, self._cut, self._deferred = [], True, ZERO

    def _show_balance(self) -> None:
        if self.rows and self.rows[-1].due == self.since:
            self.rows[-1].balance = self.balance

    def derive_anew(self) -> None:
        """Forget the level: it is derived anew from the open period on the balance that is left."""
        self.level = None
        self.fixed = {}

    def bear_late(self, late: Decimal) -> None:
        """From today let `late` yuan of overdue principal bear interest beside the balance."""
        if late != self.late:
            self._cut = True
            self.late = late

    def hold_level(self) -> None:
        """Settle the level as it stands today, before a prepayment, so that it can be kept."""
        if self.terms.method in PAID_AT_THE_END or self.finished:
            return
        ahead = self.copy()
        while ahead.open < self.terms.grace.principal:
            ahead.close_period()
        ahead.accrue(ahead.period.due)
        ahead.level_for(ahead._exact_interest())
        self.level, self.level_from = ahead.level, ahead.level_from

    # Where the plan stands.

    @property
    def period(self) -> Period:
        """The open period."""
        return self.periods[self.open]

    @property
    def is_last(self) -> bool:
        """Whether the open period is the last."""
        return self.open == len(self.periods) - 1 and not self.terms.until_repaid

    @property
    def finished(self) -> bool:
        """Whether no period is left open: all are closed, or the loan is repaid ahead of them."""
        repaid = self.shortened and not (self.balance or self._slices or self._deferred or self._prepaid)
        return self.open >= len(self.periods) or (repaid and bool(self.rows))

    @property
    def accrued(self) -> Decimal:
        """Interest of the open period up to today, rounded, with what was put off from earlier ones."""
        return self.conventions.round(self._exact_interest()) + self._deferred if not self.finished else ZERO

    def copy(self) -> "Plan":
        """A plan that can move on without this one."""
        other = Plan.__new__(Plan)
        other.__dict__.update(self.__dict__)
        other.fixed = dict(self.fixed)
        other._slices = [replace(piece) for piece in self._slices]
        other.rows = [replace(row) for row in self.rows]
        return other

    def rest(self) -> list[Instalment]:
        """The instalments still to fall due if nothing more happens; this plan does not move."""
        ahead = self.copy()
        while not ahead.finished:
            ahead.close_period()
        return ahead.rows[len(self.rows) :]

    # Closing a period.

    def close_period(self) -> Instalment | None:
        """End the open period on its due date: bill its interest, let its principal fall due, open the next.

        What is repaid at once has one instalment: its earlier periods end in silence, their interest unrounded.
        """
        period = self.period
        self.accrue(period.due)
        if self.terms.method in REPAID_AT_ONCE and not self.is_last:
            self.open += 1
            return None
        exact = self._exact_interest()
        interest = self._billed(exact)
        principal = self._principal_due(exact, interest)
        row = self._add_row(period.due, principal, self._not_put_off(interest))
        self._open_next()
        return row

    def bill_today(self) -> Instalment | None:
        """Let the interest run up so far fall due today, in a row of its own; the open period goes on. None where no
        interest has run."""
        if not self._slices:
            return None
        return self._add_row(self.since, ZERO, self._billed(self._exact_interest()))

    def _add_row(self, due: date, principal: Decimal, interest: Decimal) -> Instalment:
        row = Instalment(
            no=len(self.rows) + 1,
            start=self.rows[-1].due if self.rows else self.terms.start,
            due=due,
            principal=principal + self._prepaid,
            interest=interest,
            balance=self.balance - principal,
            prepaid=self._prepaid,
            slices=tuple(self._slices),
        )
        self.rows.append(row)
        self.balance = row.balance
        self._slices, self._cut, self._prepaid = [], True, ZERO
        return row

    def _open_next(self) -> None:
        self.open += 1
        if self.open < len(self.periods) or not self.terms.until_repaid or not self.balance:
            return
        if self.open >= MOST_PERIODS:
            raise NeverRepaid
        self.periods += self.terms.more_periods(self.periods, 12)

    def _factor(self, start: date, end: date) -> Factor:
        if self.open < self.terms.grace.interest_free:
            return NOTHING
        return rate_factor(self.rate, self.conventions.day_count, start, end, self.period)

    def _factors_ahead(self) -> list[Factor]:
        """The factors of the periods after the open one, at today's rate."""
        day_count, free = self.conventions.day_count, self.terms.grace.interest_free
        return [
            NOTHING if index < free else rate_factor(self.rate, day_count, period.start, period.due, period)
            for index, period in enumerate(self.periods)
            if index > self.open
        ]

    def _exact_interest(self) -> Decimal:
        """Interest of the open period so far: unrounded, unless each part is to be rounded."""
        if len(self._slices) == 1:
            return self._slices[0].part.value
        if self.conventions.parts is Parts.SUM:
            return add_parts([piece.part for piece in self._slices])
        total = ZERO
        together: list[Factor] = []
        for piece in self._slices:
            if piece.cut:
                total += self.conventions.round(add_parts(together))
                together = []
            together.append(piece.part)
        return total + self.conventions.round(add_parts(together))

    def _billed(self, exact: Decimal) -> Decimal:
        """The period's interest as billed. Flat interest is an agreed total: its last row takes what rounding left."""
        interest = self.conventions.round(exact)
        if self.terms.method is Method.FLAT:
            self._flat_exact += exact
            if self.is_last:
                interest = max(ZERO, self.conventions.round(self._flat_exact) - self._flat_billed)
            self._flat_billed += interest
        return interest

    def _not_put_off(self, interest: Decimal) -> Decimal:
        """The interest that falls due: none while it is put off, all that was put off with the first row after."""
        if self.open < self.terms.grace.interest and not self.is_last:
            self._deferred += interest
            return ZERO
        interest, self._deferred = interest + self._deferred, ZERO
        return interest

    def _principal_due(self, exact: Decimal, interest: Decimal) -> Decimal:
        """The principal of the open period's instalment, never negative, never more than the balance."""
        if self.open in self.fixed:
            return min(self.balance, self.fixed[self.open])
        if self.is_last:
            return self.balance
        if self.terms.method in PAID_AT_THE_END or self.open < self.terms.grace.principal:
            return ZERO
        if self.terms.principal_weights:
            return min(self.balance, self._weighted())
        level = self.level_for(exact)
        pays = level.first if self.open == self.level_from else level.every
        if self.terms.method is Method.EQUAL_INSTALMENT or self._flat_total:
            pays -= interest
        return min(self.balance, max(ZERO, pays))

    @property
    def _flat_total(self) -> bool:
        """Whether a flat loan's instalment was agreed as a total."""
        return self.terms.method is Method.FLAT and self.terms.instalment is not None

    def _weighted(self) -> Decimal:
        weights = self.terms.principal_weights[self.open :]
        return self.conventions.round(self.balance * weights[0] / sum(weights)) if any(weights) else self.balance

    def level_for(self, exact: Decimal) -> Level:
        """The level in force for the open period, derived now if a draw, a new rate or an event asks for it."""
        if self.terms.instalment is not None:
            return Level(self.terms.instalment, self.terms.instalment)
        if self.level is None:
            self.level, self.level_from = self._derive(exact), self.open
        return self.level

    def _derive(self, exact: Decimal) -> Level:
        if self.terms.method is Method.EQUAL_INSTALMENT:
            return choose_instalment(self.balance, exact, self._factors_ahead(), self.conventions)
        return choose_principal(self.balance, len(self.periods) - self.open, self.conventions)
