"""Our books beside the institution's: the same transfers, to the fen."""

from decimal import Decimal
from typing import Any

from core import clock
from payments import ledger
from payments.chart import AccountKind, account
from payments.models import OrderStatus, PaymentOrder
from tests.support.processes import Sandbox

# What the institution's word for an end is called in our books.
ENDS = {"SUCCESS": OrderStatus.SUCCEEDED, "RETURNED": OrderStatus.RETURNED, "FAILED": OrderStatus.FAILED}
KINDS = ("payout", "collection")


def theirs(sandbox: Sandbox) -> dict[str, tuple[Any, ...]]:
    """The institution's transfers, by our serial number."""
    rows = [row for kind in KINDS for row in sandbox.book(f"{kind}s")[f"{kind}s"]]
    return {
        row["serial"]: (row["kind"], ENDS.get(row["status"]), Decimal(row["amount"]), row["channel_serial"])
        for row in rows
    }


def ours() -> dict[str, tuple[Any, ...]]:
    """Our orders that reached the institution, by serial number."""
    sent = PaymentOrder.objects.exclude(attempts=None)
    return {order.serial: (order.kind, order.status, order.amount, order.channel_trade_no) for order in sent}


def cash() -> Decimal:
    """What our ledger says we have with the institution."""
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel="payment"))


def their_cash(sandbox: Sandbox) -> Decimal:
    """What the institution says we have, accepted payouts included."""
    accounts = sandbox.book("balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"])


def require_agreement(sandbox: Sandbox) -> None:
    """Every transfer is in both books once and alike, the cash is the same, nothing hangs in clearing."""
    assert ours() == theirs(sandbox)
    assert cash() == their_cash(sandbox)
    for kind in (AccountKind.PAYOUT_CLEARING, AccountKind.COLLECTION_CLEARING):
        assert ledger.balance(account(kind)) == 0, kind
    rows = ledger.trial_balance(clock.today())
    assert sum(row.debit_balance for row in rows) == sum(row.credit_balance for row in rows)
