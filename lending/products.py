"""Products: which versions are in force, and what they allow."""

import datetime as dt
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import format_yuan, round_money
from core.problems import Problem
from lending.conventions import DayCount
from lending.models import Product
from lending.terms import Method

# Each method by its name for people.
METHOD_WORDS = {
    Method.EQUAL_INSTALMENT: _("Equal instalments"),
    Method.EQUAL_PRINCIPAL: _("Equal principal"),
    Method.INTEREST_ONLY: _("Interest first, principal at the end"),
    Method.BULLET: _("Principal and interest at the end"),
    Method.ANY_DAY: _("Repay on any day, interest by the day"),
}
# How the days of interest are counted, for people.
DAY_COUNT_WORDS = {
    DayCount.ACTUAL_365: _("real days over 365"),
    DayCount.ACTUAL_360: _("real days over 360"),
    DayCount.ACTUAL_364: _("real days over 364"),
    DayCount.ACTUAL_ACTUAL: _("real days over the real year"),
    DayCount.THIRTY_360: _("months of 30 days over 360"),
}


def in_force(on: dt.date) -> QuerySet[Product]:
    """The products that may be applied for on a business date: of each the published version that began last."""
    begun = Product.objects.filter(status=Product.Status.PUBLISHED, effective_from__lte=on)
    return begun.order_by("code", "-effective_from").distinct("code")


def find(code: str, *, on: dt.date) -> Product:
    """The version of product `code` in force. Raises Problem `product_unknown`."""
    product = in_force(on).filter(code=code).first()
    if product is None:
        raise Problem("product_unknown", _("We do not offer this product."), field="product")
    return product


def check_request(product: Product, *, amount: Decimal, term_months: int, method: str) -> None:
    """Raise Problem unless the product lends `amount` yuan over `term_months`, repaid by `method`."""
    if not product.minimum_amount <= amount <= product.maximum_amount or amount != round_money(amount):
        message = _("Choose an amount from %(least)s to %(most)s.") % {
            "least": format_yuan(product.minimum_amount),
            "most": format_yuan(product.maximum_amount),
        }
        raise Problem("amount_out_of_range", message, field="amount")
    if term_months not in product.terms_months:
        terms = ", ".join(str(term) for term in product.terms_months)
        raise Problem("term_not_offered", _("Choose one of these terms, in months: %s.") % terms, field="term_months")
    if method not in product.methods:
        methods = ", ".join(str(label) for _code, label in methods_of(product))
        raise Problem("method_not_offered", _("Choose one of these methods: %s.") % methods, field="method")


def methods_of(product: Product) -> list[tuple[str, Promise]]:
    """The repayment methods that a product offers, each with its name for people; the first is the usual one."""
    return [(method, METHOD_WORDS[Method(method)]) for method in product.methods]
