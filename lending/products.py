"""Products: which versions are in force, and what they allow."""

import datetime as dt
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.money import format_yuan, round_money
from core.problems import Problem
from lending.models import Product


def in_force(on: dt.date) -> QuerySet[Product]:
    """The products that may be applied for on a business date."""
    started = Product.objects.filter(effective_from__lte=on)
    return started.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=on)).order_by("code", "-version")


def find(code: str, *, on: dt.date) -> Product:
    """The version of product `code` in force. Raises Problem `product_unknown`."""
    product = in_force(on).filter(code=code).first()
    if product is None:
        raise Problem("product_unknown", _("We do not offer this product."), field="product")
    return product


def check_request(product: Product, *, amount: Decimal, term_months: int) -> None:
    """Raise Problem unless the product lends `amount` yuan over `term_months`."""
    if not product.minimum_amount <= amount <= product.maximum_amount or amount != round_money(amount):
        message = _("Choose an amount from %(least)s to %(most)s.") % {
            "least": format_yuan(product.minimum_amount),
            "most": format_yuan(product.maximum_amount),
        }
        raise Problem("amount_out_of_range", message, field="amount")
    if term_months not in product.terms_months:
        terms = ", ".join(str(term) for term in product.terms_months)
        raise Problem("term_not_offered", _("Choose one of these terms, in months: %s.") % terms, field="term_months")
