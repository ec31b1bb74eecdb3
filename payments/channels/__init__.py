"""The institutions through which money moves, by code. The rest of payments speaks with an order's channel through
`instruct` and `ask`, or through the methods of the Channel itself; what goes over the wire is known only to its module.
"""

from payments.channels.alipay import ALIPAY
from payments.channels.bank import BANK
from payments.channels.base import (
    ASKED,
    ENDS,
    Channel,
    DayFile,
    Finding,
    Notice,
    State,
    Totals,
    add_up,
    money,
    statement_broken,
)
from payments.channels.payment import PAYMENT
from payments.channels.unionpay import UNIONPAY
from payments.channels.wechat import WECHAT
from payments.models import PaymentAttempt, PaymentOrder

__all__ = [
    "ALIPAY",
    "ASKED",
    "BANK",
    "CHANNELS",
    "ENDS",
    "PAYMENT",
    "UNIONPAY",
    "WECHAT",
    "Channel",
    "DayFile",
    "Finding",
    "Notice",
    "State",
    "Totals",
    "add_up",
    "ask",
    "instruct",
    "money",
    "statement_broken",
]

CHANNELS: dict[str, Channel] = {channel.code: channel for channel in (PAYMENT, ALIPAY, WECHAT, UNIONPAY, BANK)}


def instruct(order: PaymentOrder, out_trade_no: str) -> Finding:
    """Send the order through its channel under `out_trade_no` and say what came of it. To be called outside any
    transaction.
    """
    return CHANNELS[order.channel].instruct(order, out_trade_no)


def ask(attempt: PaymentAttempt) -> Finding:
    """Ask the channel of an attempt what became of it. To be called outside any transaction."""
    return CHANNELS[attempt.channel].ask(attempt.order, attempt.out_trade_no)
