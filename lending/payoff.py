"""What settles a loan on a day: the fold up to it, and the interest of the running period. No Django, no clock."""

from enum import StrEnum

from lending.allocation import Amounts
from lending.fold import LoanFold
from lending.schedule import row_fee


class InterestRule(StrEnum):
    """How far interest is charged: to the day of the payoff, or to the end of the running period."""

    TO_DATE = "to_date"
    TO_PERIOD_END = "to_period_end"


def payoff_of(loan: LoanFold, rule: InterestRule = InterestRule.TO_DATE) -> Amounts:
    """What must be paid on the day to which `loan` is folded so that nothing is owed, by component, yuan."""
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
