"""The offer as the customer sees it: cost disclosure sheet, schedule and contract, made by the function that books."""

from dataclasses import dataclass

from accounts.models import Customer
from core import clock
from lending import applications, confirmations, contracts, quotes
from lending.models import LoanApplication
from lending.quotes import Quote


@dataclass(frozen=True)
class Offer:
    """An offer that may still be confirmed."""

    application: LoanApplication
    quote: Quote
    contract: str
    seconds_to_read: int


def of(customer: Customer, serial: str) -> Offer:
    """The offer of the customer's application. Raises Problem: not_found (404), no_offer, offer_expired (409)."""
    application = applications.find(customer, serial)
    confirmations.require_offer(application)
    today = clock.today()
    return Offer(
        application=application,
        quote=quotes.for_application(application, value_date=today),
        contract=contracts.preview(application, value_date=today),
        seconds_to_read=confirmations.seconds_to_read(application),
    )
