"""What a borrower and a lender agreed: the plain values that every schedule, quote and booking is computed from."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO
from lending.conventions import Conventions
from lending.interest import Rate
from lending.periods import Calendar, Every, Period


class Method(StrEnum):
    """How principal and interest are repaid."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"
    ANY_DAY = "any_day"
    FLAT = "flat"


# One instalment at the end; by the day whatever is paid before pays the interest run up so far, then principal.
REPAID_AT_ONCE = frozenset({Method.BULLET, Method.ANY_DAY})


@dataclass(frozen=True, slots=True)
class Draw:
    """Principal paid out on a date (yuan)."""

    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RateChange:
    """A new rate, counting from a date."""

    date: date
    rate: Rate


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee on a date, or with each instalment (`date` None): an amount in yuan or a rate on the principal."""

    date: date | None
    amount: Decimal | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Grace:
    """For how many first periods principal is not due, interest is put off, or interest does not run."""

    principal: int = 0
    interest: int = 0
    interest_free: int = 0


OWN_CONVENTIONS = Conventions()
NO_GRACE = Grace()


@dataclass(frozen=True, slots=True)
class Terms:
    """The frozen terms of one loan. `instalment` fixes the level instalment; `until_repaid` adds periods as it needs
    them. Without a `calendar` the periods were listed one by one."""

    draws: tuple[Draw, ...]
    rate: Rate
    method: Method
    periods: tuple[Period, ...]
    conventions: Conventions = OWN_CONVENTIONS
    calendar: Calendar | None = None
    instalment: Decimal | None = None
    until_repaid: bool = False
    principal_weights: tuple[Decimal, ...] = ()
    grace: Grace = NO_GRACE
    rate_changes: tuple[RateChange, ...] = ()
    fees: tuple[Fee, ...] = ()

    @property
    def principal(self) -> Decimal:
        """The sum of all draws."""
        return sum((draw.amount for draw in self.draws), ZERO)

    @property
    def start(self) -> date:
        """The value date: the first day of the first period."""
        return self.periods[0].start

    def more_periods(self, known: tuple[Period, ...], count: int) -> tuple[Period, ...]:
        """`count` further periods after `known`, by the calendar, or like the last one where periods were listed."""
        if self.calendar:
            return self.calendar.periods(count, skip=len(known))
        last = known[-1]
        return Calendar(last.due, Every.between(last.start, last.due)).periods(count)
