"""What the tests of the wallets' channels look at: our cash there, and the wallet's own books."""

from decimal import Decimal

from payments import ledger
from payments.chart import AccountKind, account


def cash(channel):
    """What our ledger says we have with the wallet."""
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel=channel))


def institution_moved(sandbox, channel):
    """By how much the wallet's own books say that our balance changed."""
    accounts = sandbox.book(f"{channel}/balances")["accounts"]
    return Decimal(accounts["partner"]) + Decimal(accounts["reserved"]) - Decimal("1000000000.00")


def all_delivered(sandbox, channel, number):
    """Whether all that was to be told of the wallet's transfer `number` was, and taken in."""
    [book] = sandbox.book(f"{channel}/payouts", serial=number)["payouts"]
    return book["notifications"] and all(note["delivered_at"] for note in book["notifications"])
