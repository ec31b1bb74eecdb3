"""What a loan under a product version, a draft too, would cost: by the function that quotes and books."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.problems import Problem
from lending import products, quotes
from lending.models import Product
from lending.quotes import Quote


def simulate(
    product: Product, *, amount: Decimal, term_months: int, method: str, annual_rate: Decimal, value_date: dt.date
) -> Quote:
    """Schedule, annual rates and costs of `amount` yuan at `annual_rate` (a fraction) from `value_date` on.

    Raises Problem: amount_out_of_range, term_not_offered, method_not_offered, rate_out_of_range.
    """
    products.check_request(product, amount=amount, term_months=term_months, method=method)
    if not product.minimum_rate <= annual_rate <= product.maximum_rate:
        message = _("Choose a rate from %(least)s to %(most)s a year.") % {
            "least": f"{product.minimum_rate:.2%}",
            "most": f"{product.maximum_rate:.2%}",
        }
        raise Problem("rate_out_of_range", message, field="annual_rate")
    return quotes.of_product(
        product,
        method=method,
        principal=amount,
        annual_rate=annual_rate,
        term_months=term_months,
        value_date=value_date,
    )
