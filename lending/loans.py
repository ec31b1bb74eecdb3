"""Loans: as their borrower may see them, and locked for whoever changes one."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import customers
from accounts.models import BankCard, Customer
from core.problems import Problem
from lending import aging, credit_lines
from lending.models import Loan


def of_customer(customer: Customer) -> QuerySet[Loan]:
    """The customer's loans, the newest first."""
    return Loan.objects.filter(customer=customer).select_related("application__product", "customer").order_by("-id")


def find(customer: Customer, serial: str) -> Loan:
    """The customer's loan with this serial number. Raises Problem `not_found` (404) for anybody else's."""
    loan = of_customer(customer).filter(serial=serial).first()
    if loan is None:
        raise Problem("not_found", _("There is no such loan."), status=404)
    return loan


def lock(serial: str) -> Loan:
    """The loan, locked with all that changes with it: collections' case, customer, credit line, loan, in this order.
    Part of a transaction."""
    aging.lock(serial)
    loan = Loan.objects.select_related("customer").get(serial=serial)
    credit_lines.lock_of(customers.lock(loan.customer.serial))
    loan.lock()
    return loan


def card_of(customer: Customer) -> BankCard:
    """The card that the customer is paid to and repays from: the one verified last."""
    card = customer.cards.order_by("-id").first()
    if card is None:
        raise Problem("card_missing", _("Verify a bank card first."), status=409)
    return card
