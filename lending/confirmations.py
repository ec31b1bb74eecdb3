"""From the offer to the payout order: costs shown, read, confirmed once, funded, ordered."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import customers
from accounts.models import Customer
from accounts.origin import Channel
from core import actors, clock
from core.problems import Problem
from core.serials import Serial, next_serial
from lending import applications, contracts, credit_lines, disbursement, frozen_terms, funding
from lending.models import Loan, LoanApplication

Status = LoanApplication.Status


def open_offer(*, customer: Customer, serial: str) -> LoanApplication:
    """Note that the costs of the offer are being shown: from now on the forced reading time runs. Twice is harmless.

    Raises Problem: not_found (404), no_offer (409), offer_expired (409).
    """
    with transaction.atomic(durable=True):
        customers.lock(customer.serial)
        application = applications.find(customer, serial)
        application.lock()
        require_offer(application)
        if application.opened_at is None:
            application.opened_at = clock.real_now()
            application.save(update_fields=["opened_at"])
    return application


def seconds_to_read(application: LoanApplication) -> int:
    """How many seconds the costs must still be shown before they can be confirmed."""
    required: int = application.product.reading_seconds
    if application.opened_at is None:
        return required
    shown = clock.real_now() - application.opened_at
    return max(0, required - int(shown.total_seconds()))


def confirm(*, customer: Customer, serial: str, channel: Channel) -> Loan:
    """The customer takes the offer: the limit is held, contract and loan are written, and the money is ordered.

    A repetition answers with the same loan. Raises Problem: not_found (404), no_offer, offer_expired, not_read,
    limit_exceeded (all 409).
    """
    with transaction.atomic(durable=True):
        customer = customers.lock(customer.serial)
        line = credit_lines.lock_of(customer)
        application = applications.find(customer, serial)
        application.lock()
        if application.status == Status.CONFIRMED:
            return application.loan
        require_offer(application)
        _require_read(application)
        assert line is not None
        loan = _take(application, customer, channel)
        credit_lines.hold(line, loan_serial=loan.serial, amount=loan.principal)
        if not funding.ask_partners(loan):
            disbursement.order_payout(loan)
    return loan


def _take(application: LoanApplication, customer: Customer, channel: Channel) -> Loan:
    # What is paid out is the contract's principal, whole: nothing is deducted up front (Civil Code 670).
    principal, annual_rate = application.offered_amount, application.annual_rate
    assert principal is not None
    assert annual_rate is not None
    now = clock.real_now()
    application.confirm(by=actors.customer(customer.serial), why="the customer confirmed", confirmed_at=now)
    loan = Loan.objects.create(
        serial=next_serial(Serial.LOAN),
        application=application,
        customer=customer,
        principal=principal,
        annual_rate=annual_rate,
        term_months=application.term_months,
        frozen_terms=frozen_terms.freeze(application.product, application.method),
        confirmed_at=now,
    )
    contracts.seal(loan, channel=channel)
    return loan


def require_offer(application: LoanApplication) -> None:
    """Raise Problem `offer_expired` or `no_offer` (409) unless the application has an offer that stands."""
    if application.status == Status.EXPIRED or (
        application.status == Status.APPROVED and _is_late(application.offer_expires_at)
    ):
        raise Problem("offer_expired", _("This offer has expired. Apply again to get a new one."), status=409)
    if application.status != Status.APPROVED:
        raise Problem("no_offer", _("There is no offer to confirm."), status=409)


def _is_late(expires_at: dt.datetime | None) -> bool:
    return expires_at is None or clock.now() >= expires_at


def _require_read(application: LoanApplication) -> None:
    wait = seconds_to_read(application)
    if application.opened_at is None or wait:
        message = _("Read the costs first: they must be shown for %(seconds)s more seconds.") % {"seconds": wait}
        raise Problem("not_read", message, status=409, seconds=wait)
