"""What payments holds before its first order."""

from decimal import Decimal

from django.conf import settings
from django.db import transaction

from core import clock
from payments import ledger
from payments.channels import PAYMENT
from payments.chart import AccountKind, account
from payments.models import Transfer

OPENING_KEY = f"opening:{PAYMENT.code}"
OWN_FUNDS = "own"
# What the sandbox's institution opens our account with (docs/sandbox.md); outside a sandbox, money arrives by postings.
SANDBOX_OPENING_BALANCE = Decimal("1000000000.00")


@transaction.atomic
def load() -> None:
    """In a sandbox, book the money that its institution says we have. Again and again is harmless."""
    if not settings.SANDBOX or Transfer.objects.filter(key=OPENING_KEY).exists():
        return
    ledger.post(
        key=OPENING_KEY,
        business_date=clock.today(),
        purpose="opening",
        reference=PAYMENT.code,
        entries=[
            ledger.debit(account(AccountKind.CHANNEL_CASH, channel=PAYMENT.code), SANDBOX_OPENING_BALANCE),
            ledger.credit(account(AccountKind.FUND_POOL, funder=OWN_FUNDS), SANDBOX_OPENING_BALANCE),
        ],
    )
