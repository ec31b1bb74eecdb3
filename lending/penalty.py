"""What lateness costs: the penalty rate, its base, grace, and counting of days late. No Django, no clock."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lending.interest import Factor, Rate, RateKind


class PenaltyOn(StrEnum):
    """The base: each overdue instalment's principal (or principal and interest), or one base for the whole loan."""

    PRINCIPAL = "principal"
    PRINCIPAL_AND_INTEREST = "principal_and_interest"
    INITIAL_AMOUNT = "initial_amount"
    OUTSTANDING_PRINCIPAL = "outstanding_principal"


ONCE_FOR_THE_LOAN = {PenaltyOn.INITIAL_AMOUNT, PenaltyOn.OUTSTANDING_PRINCIPAL}


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """How lateness is charged: a factor on the contract rate, or a rate of its own. Inside `grace_days` nothing; after
    them the days count from the due date. `count_due_date` makes the due date itself the first day late. `later` are
    rates of its own that follow the first, each from a date on, in order of date."""

    rate_factor: Decimal | None = None
    rate: Rate | None = None
    on: PenaltyOn = PenaltyOn.PRINCIPAL
    grace_days: int = 0
    count_due_date: bool = False
    later: tuple[tuple[date, Rate], ...] = ()

    def rate_on(self, day: date) -> Rate | None:
        """Its own rate in force on `day`, if it has one."""
        return next((rate for since, rate in reversed(self.later) if since <= day), self.rate)


def days_late(due: date, as_of: date, count_due_date: bool = False) -> int:
    """How many days late something due on `due` is on `as_of` while unpaid; 0 when it is not."""
    return max(0, (as_of - due).days + (1 if count_due_date else 0))


def penalty_for_days(base: Decimal, daily_rate: Decimal, days: int) -> Decimal:
    """Unrounded penalty on `base` yuan for `days` at a daily rate."""
    return Factor(daily_rate * days, 1).on(base)


def penalty_daily_rate(contract: Rate, factor: Decimal, cap_annual: Decimal | None = None, year: int = 365) -> Decimal:
    """The contract's daily (or annual) rate times `factor`, at most `cap_annual` a year; unrounded.

    Raises ValueError for a rate per period, which has no fixed day.
    """
    if contract.kind is RateKind.PER_PERIOD:
        raise ValueError("a rate per period has no daily rate")
    daily = contract.value if contract.kind is RateKind.DAILY else contract.value / year
    daily *= factor
    return daily if cap_annual is None else min(daily, cap_annual / year)
