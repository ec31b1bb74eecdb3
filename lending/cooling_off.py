"""Giving a loan back in the cooling-off days: the whole principal, and no cost but the interest of the days used, or
none at all, as the product says (domain rules, Limits and price).
"""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.money import format_yuan
from core.problems import Problem
from lending.fold import LoanFold
from lending.models import Loan
from lending.payoff import payoff_of


def last_day(loan: Loan) -> dt.date | None:
    """The last business date on which the loan may be given back; None where the product grants no such days."""
    days = loan.frozen_terms.get("cooling_off_days", 0)
    return loan.value_date + dt.timedelta(days) if days and loan.value_date else None


def is_open(loan: Loan, on: dt.date) -> bool:
    """Whether the loan may be given back on a business date."""
    last = last_day(loan)
    return loan.is_repaying and last is not None and on <= last


def days_used_cost(loan: Loan) -> bool:
    """Whether the interest of the days used is owed all the same."""
    return bool(loan.frozen_terms.get("cooling_off_interest", True))


def amount(loan: Loan, folded: LoanFold) -> Decimal:
    """What gives back the loan on the day to which it is folded, yuan."""
    return payoff_of(folded).total if days_used_cost(loan) else folded.principal


def require(loan: Loan, folded: LoanFold, paid: Decimal, *, on: dt.date) -> None:
    """Raise Problem `cooling_off_over` (409) or `amount_not_whole` unless `paid` yuan give back the loan on a day."""
    if not is_open(loan, on):
        raise Problem("cooling_off_over", _("The days in which the loan can be given back are over."), status=409)
    whole = amount(loan, folded)
    if paid != whole:
        message = _("To give the loan back today, pay %(amount)s.") % {"amount": format_yuan(whole)}
        raise Problem("amount_not_whole", message, field="amount", amount=f"{whole:.2f}")
