"""The money leg of an order: the channel's cash against clearing. The orderer posts the other leg against clearing.

Paid out:   debit payout clearing, credit channel cash.    The orderer: debit loan principal, credit payout clearing.
Collected:  debit channel cash, credit collection clearing. The orderer: debit collection clearing, credit what was
owed. Come back:  the opposite of the first posting, by both. The institution keeps its fee.

A payout on its way is pending: what it will take is no longer available at the institution.
"""

from core.money import ZERO
from payments import ledger, pending
from payments.chart import AccountKind, account
from payments.ledger import Line
from payments.models import OrderKind, OrderStatus, PaymentAttempt, PaymentOrder, PendingTransfer

RETURNED = "_returned"
FEE = "channel_fee"


def book(order: PaymentOrder) -> None:
    """Post what the order's new status moves, dated as the order says; nothing for a failure."""
    if order.status == OrderStatus.SUCCEEDED:
        _post_money_leg(order)
        if order.fee and order.fee > ZERO:
            _post(order, FEE, _fee(order))
    elif order.status == OrderStatus.RETURNED:
        _post(order, f"{order.kind}{RETURNED}", ledger.reversed_lines(_money_leg(order)))
    elif order.status == OrderStatus.FAILED:
        let_go(order)


def hold(attempt: PaymentAttempt) -> None:
    """Have the money of a payout pending that is about to be sent by this attempt; of an order one at a time."""
    order = attempt.order
    if order.kind == OrderKind.PAYOUT:
        pending.hold(
            key=f"{order.serial}:{order.kind}:{attempt.no}",
            purpose=order.kind,
            reference=order.serial,
            debit=account(AccountKind.PAYOUT_CLEARING),
            credit=account(AccountKind.CHANNEL_CASH, channel=attempt.channel),
            amount=order.amount,
        )


def let_go(order: PaymentOrder) -> None:
    """Nothing will be paid by the last attempt of an order: its money is available again."""
    if held := _held(order):
        pending.void(key=held.key)


def _post_money_leg(order: PaymentOrder) -> None:
    """What is pending is posted. It is no longer there where the order was presumed to have failed."""
    if held := _held(order):
        assert order.settled_on is not None
        pending.post(key=held.key, business_date=order.settled_on)
    else:
        _post(order, order.kind, _money_leg(order))


def _held(order: PaymentOrder) -> PendingTransfer | None:
    return pending.in_flight().filter(purpose=order.kind, reference=order.serial).first()


def _post(order: PaymentOrder, purpose: str, lines: list[Line]) -> None:
    date = order.returned_on or order.settled_on
    assert date is not None
    ledger.post(
        key=f"{order.serial}:{purpose}",
        business_date=date,
        purpose=purpose,
        reference=order.serial,
        entries=lines,
    )


def _money_leg(order: PaymentOrder) -> list[Line]:
    cash = account(AccountKind.CHANNEL_CASH, channel=order.channel)
    if order.kind == OrderKind.PAYOUT:
        clearing = account(AccountKind.PAYOUT_CLEARING)
        return [ledger.debit(clearing, order.amount), ledger.credit(cash, order.amount)]
    clearing = account(AccountKind.COLLECTION_CLEARING)
    return [ledger.debit(cash, order.amount), ledger.credit(clearing, order.amount)]


def _fee(order: PaymentOrder) -> list[Line]:
    assert order.fee is not None
    cash = account(AccountKind.CHANNEL_CASH, channel=order.channel)
    cost = account(AccountKind.CHANNEL_FEES, channel=order.channel)
    return [ledger.debit(cost, order.fee), ledger.credit(cash, order.fee)]
