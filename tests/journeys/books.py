"""Our books beside those of the payment institution and of the bank: the same transfers, to the fen."""

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
# Where the books of each channel are read.
PLACES = {"payment": "", "bank": "bank/"}


def theirs(sandbox: Sandbox) -> dict[str, tuple[Any, ...]]:
    """The institutions' transfers, by our serial number."""
    rows = [row for kind in KINDS for place in PLACES.values() for row in sandbox.book(f"{place}{kind}s")[f"{kind}s"]]
    return {
        row["serial"]: (row["kind"], ENDS.get(row["status"]), Decimal(row["amount"]), row["channel_serial"])
        for row in rows
    }


def ours() -> dict[str, tuple[Any, ...]]:
    """Our orders that reached an institution, by serial number."""
    sent = PaymentOrder.objects.exclude(attempts=None)
    return {order.serial: (order.kind, order.status, order.amount, order.channel_trade_no) for order in sent}


def cash(channel: str = "payment") -> Decimal:
    """What our ledger says we have with an institution."""
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel=channel))


def their_cash(sandbox: Sandbox, channel: str = "payment") -> Decimal:
    """What the institution says we have, accepted payouts included."""
    accounts = sandbox.book(f"{PLACES[channel]}balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"])


def require_agreement(sandbox: Sandbox) -> None:
    """Every transfer is in both books once and alike, the cash is the same, nothing hangs in clearing."""
    assert ours() == theirs(sandbox)
    for channel in PLACES:
        assert cash(channel) == their_cash(sandbox, channel), channel
    for kind in (AccountKind.PAYOUT_CLEARING, AccountKind.COLLECTION_CLEARING):
        assert ledger.balance(account(kind)) == 0, kind
    rows = ledger.trial_balance(clock.today())
    assert sum(row.debit_balance for row in rows) == sum(row.credit_balance for row in rows)
