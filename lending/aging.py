"""Telling the room above how a loan stands (core.registry.loan_aged): collections open and close their cases by it."""

import datetime as dt
from collections.abc import Sequence

from core.registry import LoanAged, loan_aged
from lending import buckets, dues
from lending.models import Loan, Repayment

LISTENER = "collections"


def lock(loan_serial: str) -> None:
    """Lock what the listener keeps about the loan: before customer, credit line and loan, as the lock order asks."""
    loan_aged.handler(LISTENER).lock(loan_serial)


def lock_free(loan_serials: Sequence[str]) -> set[str]:
    """Lock the same of many loans without waiting. Returns those of them that are free."""
    return loan_aged.handler(LISTENER).lock_free(loan_serials)


def announce_all(outcomes: Sequence[LoanAged]) -> None:
    """Say how many loans stand, whose rows are locked."""
    loan_aged.handler(LISTENER).apply_all(outcomes)


def announce(loan: Loan, *, on: dt.date) -> None:
    """Say how the locked loan stands on a business date."""
    outcome = LoanAged(
        loan_serial=loan.serial,
        customer_serial=loan.customer.serial,
        business_date=on,
        dpd=loan.dpd,
        bucket=buckets.bucket(loan.dpd),
        arrears=dues.arrears(loan, on),
        outstanding_principal=loan.outstanding_principal,
        payment_on_its_way=loan.repayments.filter(status=Repayment.Status.PROCESSING).exists(),
    )
    loan_aged.handler(LISTENER).apply(outcome)
