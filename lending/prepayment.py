"""Paying principal early, and what that does to the instalments that follow. No Django, no clock."""

from decimal import Decimal
from enum import StrEnum

from lending.plan import Plan
from lending.terms import REPAID_AT_ONCE


class Strategy(StrEnum):
    """Fewer instalments, lower instalments, or the principal of the next instalments paid ahead."""

    SHORTEN = "shorten"
    LOWER = "lower"
    NEXT = "next"


def prepay(plan: Plan, amount: Decimal, strategy: Strategy) -> None:
    """Take `amount` yuan (at most the balance) off the principal today. It bears no interest from today on."""
    if strategy is Strategy.NEXT:
        _pay_next(plan, amount)
    elif strategy is Strategy.SHORTEN:
        _shorten(plan, amount)
    else:
        plan.take_prepaid(amount)
        plan.derive_anew()
    plan.shortened = True


def _shorten(plan: Plan, amount: Decimal) -> None:
    """Keep what each instalment pays; the last ones are no longer needed."""
    if plan.terms.principal_weights and plan.terms.method not in REPAID_AT_ONCE:
        plan.fixed = _principal_ahead(plan)
    else:
        plan.hold_level()
    plan.take_prepaid(amount)


def _pay_next(plan: Plan, amount: Decimal) -> None:
    """Let the amount stand in for the principal of the next instalments, in their order."""
    ahead = _principal_ahead(plan)
    plan.take_prepaid(amount)
    for index, principal in ahead.items():
        ahead[index] = principal - min(principal, amount)
        amount -= min(principal, amount)
    plan.fixed = ahead


def _principal_ahead(plan: Plan) -> dict[int, Decimal]:
    """The principal each period still to close would pay if nothing were prepaid today, by the period's index."""
    rows = plan.rest()
    already = rows[0].prepaid if rows else Decimal(0)
    first = len(plan.periods) - len(rows) if plan.terms.method in REPAID_AT_ONCE else plan.open
    return {first + place: row.principal - (already if place == 0 else 0) for place, row in enumerate(rows)}
