"""Answers about a whole loan that runs as planned: its schedule, and its cost against a cap."""

from typing import Any

from django.utils.translation import gettext as _

from core.problems import Problem
from lending.apr import NoRate, apr_of
from lending.calculator import figures
from lending.calculator.loans import folded
from lending.calculator.request import Asked
from lending.calculator.terms import never_repaid, read_penalty, read_terms
from lending.plan import NeverRepaid
from lending.schedule import make_schedule
from lending.whole_cost import flows_of, penalty_rate_left


def schedule(asked: Asked) -> dict[str, Any]:
    """Kind `schedule`: rows, totals, both annual rates."""
    terms = read_terms(asked)
    try:
        made = make_schedule(terms)
    except NeverRepaid:
        raise never_repaid() from None
    return {
        "rows": [figures.row(row, terms.conventions) for row in made.rows],
        "total_interest": figures.amount(made.total_interest, terms.conventions),
        "total": figures.amount(made.total, terms.conventions),
        "apr": figures.both_rates(made.apr),
    }


def cap(asked: Asked) -> dict[str, Any]:
    """Kind `cap`: the annualised whole cost, whether it is within the limit, the penalty rate the limit leaves."""
    terms, limit, penalty = read_terms(asked), asked.rate("limit"), read_penalty(asked)
    try:
        if asked.has("events"):
            loan, events = folded(asked, terms)
            cost = apr_of(flows_of(loan, events)).nominal
        else:
            apr = make_schedule(terms).apr
            if apr is None:
                raise NoRate
            cost = apr.nominal
    except NeverRepaid:
        raise never_repaid() from None
    except NoRate:
        raise Problem("no_rate", _("These amounts have no annual rate: check what is advanced and paid.")) from None
    return {
        "annualised": figures.rate(cost),
        "within": cost <= limit,
        "penalty_daily_rate": figures.rate_down(penalty_rate_left(terms, limit, penalty)),
    }
