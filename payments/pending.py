"""Money in flight: a transfer is pending until it is posted or voided, once.

What is pending stands in no balance. It lessens what is available on the account that it will take from, so that the
same money is not promised twice.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from core import clock
from core.money import ZERO
from core.transactions import require_transaction
from payments import ledger
from payments.chart import kind_of, normal_side
from payments.ledger import KeyReused
from payments.models import PendingTransfer, Resolution, Transfer


class AlreadyResolved(Exception):
    """It was voided and cannot be posted, or was posted and cannot be voided."""


def hold(*, key: str, purpose: str, reference: str, debit: str, credit: str, amount: Decimal) -> PendingTransfer:
    """Have `amount` yuan pending from account `credit` to account `debit`, as part of the open transaction.

    The same key with the same content is the first one; with other content it raises KeyReused. Raises ValueError for
    an unknown kind of account.
    """
    require_transaction("holding money")
    accounts = {"debit_account": debit, "credit_account": credit}
    content: dict[str, Any] = {"purpose": purpose, "reference": reference, **accounts, "amount": amount}
    for code in (debit, credit):
        kind_of(code)
    defaults = {**content, "pended_at": clock.real_now()}
    pending, _new = PendingTransfer.objects.get_or_create(key=key, defaults=defaults)
    if any(getattr(pending, name) != value for name, value in content.items()):
        raise KeyReused(f"{key} is pending with other content")
    return pending


def post(*, key: str, business_date: dt.date) -> Transfer:
    """Post what is pending under `key`, as part of the open transaction; again gives the same transfer.

    Raises AlreadyResolved when it was voided, PendingTransfer.DoesNotExist.
    """
    pending = _locked(key)
    if resolved := _resolution(pending):
        if resolved.transfer is None:
            raise AlreadyResolved(f"{key} was voided")
        return resolved.transfer
    transfer = ledger.post(
        key=key,
        business_date=business_date,
        purpose=pending.purpose,
        reference=pending.reference,
        entries=[
            ledger.debit(pending.debit_account, pending.amount),
            ledger.credit(pending.credit_account, pending.amount),
        ],
    )
    Resolution.objects.create(pending=pending, transfer=transfer, resolved_at=clock.real_now())
    return transfer


def void(*, key: str) -> None:
    """Let go of what is pending under `key`, as part of the open transaction; again is harmless.

    Raises AlreadyResolved when it was posted, PendingTransfer.DoesNotExist.
    """
    pending = _locked(key)
    resolved = _resolution(pending)
    if resolved is None:
        Resolution.objects.create(pending=pending, resolved_at=clock.real_now())
    elif resolved.transfer is not None:
        raise AlreadyResolved(f"{key} was posted")


def in_flight() -> QuerySet[PendingTransfer]:
    """What is neither posted nor voided yet."""
    return PendingTransfer.objects.filter(resolution=None)


def held(account: str) -> Decimal:
    """What is about to be taken from the account (yuan)."""
    taking = {f"{normal_side(account).other.value}_account": account}
    found: Decimal | None = in_flight().filter(**taking).aggregate(held=Sum("amount"))["held"]
    return found or ZERO


def available(account: str) -> Decimal:
    """The balance of the account less what is about to be taken from it (yuan)."""
    return ledger.balance(account) - held(account)


def _locked(key: str) -> PendingTransfer:
    require_transaction("resolving what is pending")
    return PendingTransfer.objects.select_for_update(no_key=True).get(key=key)


def _resolution(pending: PendingTransfer) -> Resolution | None:
    return Resolution.objects.select_related("transfer").filter(pending=pending).first()
