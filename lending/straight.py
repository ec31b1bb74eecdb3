"""The rows of a loan to which nothing happens: one draw, one rate, no grace. No Django, no clock.

Most quotes are such loans, and quotes are made while a customer moves a slider: this is `plan.Plan` with everything
left out that only events need. A property holds both to the same rows.
"""

from decimal import Decimal

from core.money import ZERO
from lending.interest import Factor, rate_factors
from lending.levels import choose_instalment, choose_principal
from lending.plan import Instalment
from lending.terms import NO_GRACE, Method, Terms

METHODS = {Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL}


def is_straight(terms: Terms) -> bool:
    """Whether nothing is planned to happen to the loan between its start and its last due date."""
    return (
        terms.method in METHODS
        and not (terms.rate_changes or terms.principal_weights or terms.until_repaid)
        and terms.instalment is None
        and len(terms.draws) == 1
        and terms.draws[0].date == terms.start
        and terms.grace == NO_GRACE
    )


def straight_rows(terms: Terms) -> list[Instalment]:
    """The instalments of straight `terms`, without fees."""
    factors = rate_factors(terms.rate, terms.conventions.day_count, terms.periods)
    principals = _principals(terms, factors)
    balance, rounded = terms.principal, terms.conventions.rounder()
    with_interest, last = terms.method is Method.EQUAL_INSTALMENT, len(factors)
    rows = []
    for number, ((start, due, _), (over, under), pays) in enumerate(
        zip(terms.periods, factors, principals, strict=True), 1
    ):
        interest = rounded(balance * over / under)
        principal = pays - interest if with_interest else pays
        if number == last or principal > balance:
            principal = balance
        elif principal < 0:
            principal = ZERO
        balance -= principal
        rows.append(Instalment(number, start, due, principal, interest, balance))
    return rows


def _principals(terms: Terms, factors: list[Factor]) -> list[Decimal]:
    """What each instalment pays: with its interest (equal instalments) or beside it (equal principal)."""
    if terms.method is Method.EQUAL_INSTALMENT:
        exact = factors[0].on(terms.principal)
        level = choose_instalment(terms.principal, exact, factors[1:], terms.conventions)
    else:
        level = choose_principal(terms.principal, len(factors), terms.conventions)
    return [level.first, *[level.every] * (len(factors) - 1)]
