"""Loans brought to a state by the use cases, as a customer would."""

import datetime as dt
from decimal import Decimal

from accounts import documents
from accounts.tests import factories
from core import clock, work
from lending import applications, confirmations
from lending.models import Loan, LoanApplication
from payments.tests.driving import finish
from risk.facts import Declared

DECLARED = Declared(
    employment="fixed",
    employment_years=6,
    housing="rent",
    monthly_income=Decimal("12000"),
    monthly_expenses=Decimal("3000"),
    monthly_debt=Decimal("0"),
)


def paid_out_loan() -> Loan:
    """A loan of 10,000 yuan over 12 months, just received by a new customer."""
    customer = factories.verified_customer()
    factories.id_card_of(customer)
    payslip = factories.upload(factories.picture("PAYSLIP"))
    documents.store(customer=customer, kind="income_proof", upload=payslip)
    application = applications.submit(
        customer=customer,
        product_code="consumer",
        amount=Decimal("10000"),
        term_months=12,
        purpose="appliances",
        declared=DECLARED,
    )
    work.drain()
    confirmations.open_offer(customer=customer, serial=application.serial)
    LoanApplication.objects.filter(pk=application.pk).update(opened_at=clock.real_now() - dt.timedelta(minutes=1))
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel="portal")
    finish()
    return Loan.objects.get(pk=loan.pk)
