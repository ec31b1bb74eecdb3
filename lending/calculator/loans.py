"""Answers about a loan as it is lived: what happened to it, what is owed, what settles it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core.money import ZERO
from core.problems import Problem
from lending.allocation import Amounts
from lending.calculator import figures
from lending.calculator.request import Asked
from lending.calculator.terms import never_repaid, read_events, read_paid, read_penalty, read_terms
from lending.events import Event, EventRefused, Payment
from lending.fold import LoanFold, Statement, fold
from lending.payoff import InterestRule, payoff_of
from lending.plan import NeverRepaid
from lending.terms import Terms

MOST_YEARS_AFTER = 100


def events(asked: Asked) -> dict[str, Any]:
    """Kind `events`: the rows with what was paid, the balances and days past due, where each payment went."""
    terms = read_terms(asked)
    loan, happened = folded(asked, terms)
    statement = loan.statement()
    conventions = terms.conventions
    payments = [index for index, event in enumerate(happened) if isinstance(event, Payment)]
    return {
        "rows": _rows(statement, terms),
        "balances": figures.by_component(statement.balances, conventions),
        "dpd": statement.dpd,
        "allocations": [_allocation(loan, index) for index in payments],
    }


def payoff_of_loan(asked: Asked) -> dict[str, Any]:
    """Kind `payoff`: what settles the loan on a day, by component."""
    terms = read_terms(asked)
    rule = asked.choice("interest_rule", InterestRule, InterestRule.TO_DATE)
    loan = _fold(asked, terms, read_paid(asked), asked.day("as_of"), named="paid")
    owed = payoff_of(loan, rule)
    parts = figures.by_component(owed, terms.conventions)
    return {"payoff": figures.amount(owed.total, terms.conventions), **parts}


def folded(asked: Asked, terms: Terms) -> tuple[LoanFold, list[Event]]:
    """The loan after the request's events, as of its date (or its last event), and these events. Raises Problem."""
    happened = read_events(asked)
    as_of = asked.day("as_of") if asked.has("as_of") else max([terms.start, *(event.date for event in happened)])
    return _fold(asked, terms, happened, as_of, named="events"), happened


def _fold(asked: Asked, terms: Terms, happened: Sequence[Event], as_of: date, *, named: str) -> LoanFold:
    if as_of < terms.start:
        raise asked.refuse("as_of", "before_disbursement", _("This date lies before the loan begins."))
    if as_of.year - terms.periods[-1].due.year > MOST_YEARS_AFTER:
        raise asked.refuse("as_of", "too_late", _("A loan is followed for at most 100 years after its last due date."))
    penalty = read_penalty(asked)
    try:
        return fold(terms, happened, as_of, penalty)
    except EventRefused as refused:
        raise Problem(refused.code, refusal(refused.code), field=f"{named}[{refused.index}]") from None
    except NeverRepaid:
        raise never_repaid() from None


def refusal(code: str) -> str:
    """Why an event cannot have happened so, in words."""
    return {
        "before_disbursement": _("This date lies before the loan begins."),
        "more_than_owed": _("This is more than is owed; lower the amount."),
        "nothing_to_reverse": _("A reversal names an earlier event by its place in the list, counted from 0."),
        "reversed_twice": _("This event is already reversed."),
        "too_many_periods": _("This makes more instalments than a loan may have; extend it by fewer."),
        "nothing_left_to_spread": _("Every instalment is due already; there is nothing left to spread anew."),
        "written_off": _("The loan is written off; only payments can follow."),
    }[code]


def _rows(statement: Statement, terms: Terms) -> list[dict[str, Any]]:
    conventions = terms.conventions
    return [
        {
            **figures.row(row, conventions),
            "penalty": figures.amount(penalty, conventions),
            "paid": figures.by_component(paid, conventions),
            "waived": figures.by_component(waived, conventions),
        }
        for row, paid, waived, penalty in zip(
            statement.rows, statement.paid, statement.waived, statement.penalties, strict=True
        )
    ]


def _allocation(loan: LoanFold, index: int) -> dict[str, str]:
    conventions = loan.terms.conventions
    taken, left = loan.taken.get(index, Amounts()), loan.left_over.get(index, ZERO)
    return {**figures.by_component(taken, conventions), "left_over": figures.amount(left, conventions)}
