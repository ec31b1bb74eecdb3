"""Payment orders: money to be moved once. This module takes an order on; the others carry it to its end.

    orders.create_order      in the orderer's transaction: the order row and work "send_order"
    sending.send             commits the attempt, calls the institution, commits what it answered
    querying.query           asks what became of an order, until that is known (work "query_order")
    callbacks.receive        commits what the institution tells, then work "apply_notice"
    settling.settle          the end: order, money leg, and the orderer's own postings, in one transaction

Kill the process at any point, and nothing is lost or paid twice:

- before `create_order`'s transaction commits: there is no order and no work;
- after it: the work row is there, the order is CREATED;
- after the attempt is committed, before, during or after the call: the order is SENDING with an OPEN attempt.
  Whoever comes next does not send: the institution is asked for the attempt's number first. Only if it does not know
  it is the order sent again, under the same number, for which the institution gives one answer however often it is
  sent;
- after the answer is committed: the order is ACCEPTED or UNKNOWN and "query_order" was committed with it. A refusal is
  settled next; until it is, the order is SENDING and a rerun asks, and hears of the refusal;
- while settling: all of it is one transaction, and settling what is settled does nothing. A notice is committed
  before it is acted on, so a handler that fails leaves it in parked work, to be run again.

A lost work row would be the only way to forget an order, and work rows are committed with their cause.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core import clock, work
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction
from payments.models import IN_FLIGHT, OrderKind, OrderStatus, PayeeKind, PaymentOrder

SEND, RECHECK = "send_order", "recheck_order"

__all__ = ["RECHECK", "SEND", "OrderKind", "OrderStatus", "Payee", "PayeeKind", "create_order"]


@dataclass(frozen=True)
class Payee:
    """Whose account the money goes to or comes from, in clear: the number of a card or of a company's account, or a
    WeChat openid. `bank_number` is the number in the clearing (CNAPS) of the bank that keeps a company's account.
    """

    name: str
    account_number: str
    kind: PayeeKind = PayeeKind.CARD
    bank_number: str = ""


def create_order(
    *,
    kind: OrderKind,
    amount: Decimal,
    purpose: str,
    reference: str,
    payee: Payee,
    product: str = "",
    funder: str = "",
    confirmed_at: dt.datetime | None = None,
) -> PaymentOrder:
    """Take on an order of `amount` yuan as part of the open transaction; it is sent once that has committed.

    `confirmed_at` is when the customer confirmed (real time), if before now: the two-hour promise runs from it.
    The end is announced through core.registry.order_settled to the handler of `purpose`. Raises Problem
    `payment_in_progress` (409) when the same purpose and reference has been paid out or is on its way.
    """
    require_transaction("creating a payment order")
    if not (payee.name and payee.account_number):
        raise ValueError("an order needs the name and the account of its payee")
    _refuse_second(kind, purpose, reference)
    order = PaymentOrder.objects.create(
        serial=next_serial(Serial.ORDER),
        kind=kind,
        amount=amount,
        purpose=purpose,
        reference=reference,
        product=product,
        funder=funder,
        payee_kind=payee.kind,
        payee_name=payee.name,
        account_number=payee.account_number,
        bank_number=payee.bank_number,
        created_at=clock.now(),
        confirmed_at=confirmed_at or clock.real_now(),
    )
    work.enqueue(SEND, order.serial)
    return order


def _refuse_second(kind: OrderKind, purpose: str, reference: str) -> None:
    """A clear answer before the unique constraints would give theirs."""
    standing = [*IN_FLIGHT, OrderStatus.SUCCEEDED] if kind == OrderKind.PAYOUT else IN_FLIGHT
    same = PaymentOrder.objects.filter(kind=kind, purpose=purpose, reference=reference, status__in=standing)
    if same.exists():
        message = _("This payment has been made or is on its way.")
        raise Problem("payment_in_progress", message, status=409)
