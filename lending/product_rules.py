"""What a product must not promise: each contradiction names the field that has to change."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, format_yuan
from core.problems import Problem
from lending import frozen_terms, limits, quotes
from lending.conventions import InterestOn
from lending.models import Product
from lending.terms import REPAID_AT_ONCE, Method

OFFERED = (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET, Method.ANY_DAY)
LONGEST_TERM = 60
LONGEST_COOLING_OFF = 27
Fault = tuple[str, str | Promise]


def check(product: Product, *, today: dt.date) -> None:
    """Raise Problem `product_contradicts`, with its first field, unless the product can be lent."""
    for field, message in contradictions(product, today=today):
        raise Problem("product_contradicts", message, field=field)


def contradictions(product: Product, *, today: dt.date) -> list[Fault]:
    """Every field that contradicts the others or the limits of the product's first day, with what to do about it."""
    faults = [*_ranges(product, today), *_terms(product)]
    return faults or [*_bounds(product), *_costs(product)]


def _ranges(product: Product, today: dt.date) -> Iterator[Fault]:
    if product.minimum_amount <= 0:
        yield "minimum_amount", _("The smallest amount must be above zero.")
    if product.maximum_amount < product.minimum_amount:
        yield "maximum_amount", _("The largest amount is below the smallest.")
    if product.minimum_rate < 0:
        yield "minimum_rate", _("A rate cannot be negative.")
    if product.maximum_rate < product.minimum_rate:
        yield "maximum_rate", _("The highest rate is below the lowest.")
    if product.penalty_factor < 0:
        yield "penalty_factor", _("The factor cannot be negative.")
    if product.cooling_off_days > LONGEST_COOLING_OFF:
        message = _("At most %(most)s days: a loan is given back before its first instalment.")
        yield "cooling_off_days", message % {"most": LONGEST_COOLING_OFF}
    if product.effective_from < today:
        yield "effective_from", _("A version cannot begin in the past.")


def _terms(product: Product) -> Iterator[Fault]:
    terms = product.terms_months
    if not terms:
        yield "terms_months", _("Name at least one term.")
    elif not all(1 <= term <= LONGEST_TERM for term in terms):
        yield "terms_months", _("Terms are from 1 to %(most)s months.") % {"most": LONGEST_TERM}
    if not product.methods or not set(product.methods) <= set(OFFERED):
        yield "methods", _("Choose at least one repayment method.")


def _bounds(product: Product) -> Iterator[Fault]:
    bounds = limits.in_force(product.effective_from)
    if product.maximum_amount > bounds.largest_amount:
        most = format_yuan(bounds.largest_amount)
        yield "maximum_amount", _("The largest amount allowed is %(most)s.") % {"most": most}
    longest = bounds.months_repaid_at_once
    if REPAID_AT_ONCE.intersection(product.methods) and max(product.terms_months) > longest:
        message = _("What is repaid at once runs at most %(months)s months: take the method or the longer terms out.")
        yield "terms_months", message % {"months": longest}
    if product.cost_cap > bounds.all_in_cost:
        yield (
            "cost_cap",
            _("All costs together may be at most %(most)s a year.") % {"most": f"{bounds.all_in_cost:.2%}"},
        )


def _costs(product: Product) -> Iterator[Fault]:
    cap = product.cost_cap
    dearest = max(_cost_of_year(product, method) for method in product.methods)
    if dearest > cap:
        message = _("At this rate a loan costs %(cost)s a year: more than the highest all-in cost, %(cap)s.")
        yield "maximum_rate", message % {"cost": f"{dearest:.2%}", "cap": f"{cap:.2%}"}
    if product.conventions["interest_on"] == InterestOn.OUTSTANDING and product.penalty_factor:
        late = product.maximum_rate + quotes.penalty_rate_of_year(_frozen(product), product.maximum_rate)
        if late > cap:
            message = _("Late principal would cost %(cost)s a year, interest and penalty together; allowed is %(cap)s.")
            yield "penalty_factor", message % {"cost": f"{late:.2%}", "cap": f"{cap:.2%}"}


def _cost_of_year(product: Product, method: Method) -> Decimal:
    """The dearest annualised cost at the highest rate, over the terms, when all is paid on its day.

    The smallest amount counts too: there rounding weighs most.
    """
    costs = [
        quotes.of_product(
            product,
            method=method,
            principal=amount,
            annual_rate=product.maximum_rate,
            term_months=term,
            value_date=product.effective_from,
        ).apr
        for term in product.terms_months
        for amount in (product.minimum_amount, product.maximum_amount)
    ]
    return max(costs, default=ZERO)


def _frozen(product: Product) -> dict[str, object]:
    return frozen_terms.freeze(product, Method(product.methods[0]))
