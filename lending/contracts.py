"""The loan contract: rendered from a versioned template, shown before it is accepted, sealed by its hash."""

import datetime as dt
import hashlib
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Customer
from core import clock
from core.masking import mask_id_number, mask_name, mask_text
from core.serials import Serial, next_serial
from lending import quotes
from lending.models import Loan, LoanApplication, LoanContract
from lending.products import DAY_COUNT_WORDS
from lending.quotes import Quote

TEMPLATE_VERSION = "2026-1"
TEMPLATE = f"contracts/loan-{TEMPLATE_VERSION}.txt"


def preview(application: LoanApplication, *, value_date: dt.date) -> str:
    """The contract as it would be accepted now, in the active language, with the borrower's name and number masked."""
    customer = application.customer
    quote = quotes.for_application(application, value_date=value_date)
    return _render(quote, mask_name(customer.name), mask_id_number(customer.id_number), "")


def seal(loan: Loan, *, channel: str) -> LoanContract:
    """Write the accepted contract of a loan, in the customer's language. Part of the confirmation's transaction."""
    customer: Customer = loan.customer
    contract_no = next_serial(Serial.CONTRACT)
    with translation.override(customer.language):
        text = _render(quotes.for_loan(loan, value_date=clock.today()), customer.name, customer.id_number, contract_no)
    return LoanContract.objects.create(
        contract_no=contract_no,
        loan=loan,
        template_version=TEMPLATE_VERSION,
        language=customer.language,
        text=text,
        sha256=digest(text),
        accepted_at=clock.real_now(),
        channel=channel,
    )


def is_intact(contract: LoanContract) -> bool:
    """Whether the stored text is the one that was accepted."""
    return digest(contract.text) == contract.sha256


def masked_text(contract: LoanContract) -> str:
    """The accepted text with the borrower's name and every number that says who this is masked."""
    customer = contract.loan.customer
    return mask_text(contract.text.replace(customer.name, customer.masked_name))


def digest(text: str) -> str:
    """SHA-256 of a contract's text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _render(quote: Quote, name: str, id_number: str, contract_no: str) -> str:
    context = {
        "quote": quote,
        "rows": quote.schedule.rows,
        "name": name,
        "id_number": id_number,
        "contract_no": contract_no,
        "days": DAY_COUNT_WORDS[quote.day_count],
        "percent": {
            "annual_rate": _percent(quote.annual_rate),
            "apr": _percent(quote.apr),
            "effective_apr": _percent(quote.effective_apr),
            "penalty": _percent(quote.penalty_annual_rate),
        },
    }
    return render_to_string(TEMPLATE, context)


def _percent(rate: Decimal) -> str:
    return f"{rate * 100:.2f}%"
