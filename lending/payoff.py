"""What settles a loan on a day: the fold up to it, and the interest of the running period. No Django, no clock."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from lending.allocation import Amounts
from lending.events import Event
from lending.fold import LoanFold, fold
from lending.penalty import PenaltyTerms
from lending.schedule import row_fee
from lending.terms import Terms


class InterestRule(StrEnum):
    """How far interest is charged: to the day of the payoff, or to the end of the running period."""

    TO_DATE = "to_date"
    TO_PERIOD_END = "to_period_end"


def payoff(
    terms: Terms,
    events: Sequence[Event],
    as_of: date,
    rule: InterestRule = InterestRule.TO_DATE,
    penalty: PenaltyTerms | None = None,
) -> Amounts:
    """What must be paid on `as_of` so that nothing is owed, by component; payments left over before it count."""
    return payoff_of(fold(terms, events, as_of, penalty), rule)


def payoff_of(loan: LoanFold, rule: InterestRule = InterestRule.TO_DATE) -> Amounts:
    """The same for a loan already folded to the day."""
    owed = loan.due
    owed.principal = loan.principal
    plan = loan.plan
    if plan.finished:
        return owed
    running = plan.since > plan.period.start or not plan.rows
    if rule is InterestRule.TO_DATE or not running:
        owed.interest += plan.accrued
        return owed
    ahead = plan.copy()
    row = None
    while row is None:
        row = ahead.close_period()
    owed.interest += row.interest
    owed.fee += row_fee(row, loan.terms, is_last=ahead.finished)
    return owed
