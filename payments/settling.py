"""The end of an order: status, money leg and the orderer's own postings, in one transaction, once.

Locks: the orderer's rows (its handler's `lock`), then the order, then ledger accounts. Callback and query may bring
the same news at the same moment: the second finds the order settled and does nothing.

An order that failed may turn out to have been paid. Of that only the institution's answer to a question is believed:
a notice has it asked.
"""

from collections.abc import Callable

from django.db import transaction

from core import actors, clock, work
from core.registry import OrderOutcome, order_settled
from payments import booking, settlement
from payments.channels import ASKED, CHANNELS, Finding, State
from payments.models import OrderStatus, PaymentAttempt, PaymentOrder
from payments.orders import RECHECK

_BEYOND = {
    OrderStatus.SUCCEEDED: (OrderStatus.SUCCEEDED, OrderStatus.RETURNED),
    OrderStatus.FAILED: (OrderStatus.FAILED,),
    OrderStatus.RETURNED: (OrderStatus.RETURNED,),
}
# News may arrive in any order: what came back had been paid before, whether we were told so or not.
_STEPS = {
    State.SUCCEEDED: (OrderStatus.SUCCEEDED,),
    State.FAILED: (OrderStatus.FAILED,),
    State.RETURNED: (OrderStatus.SUCCEEDED, OrderStatus.RETURNED),
}


class Contradiction(Exception):
    """The institution's news cannot be true of this order. A person has to look; nothing was changed."""


Condition = Callable[[PaymentOrder], bool]


def always(order: PaymentOrder) -> bool:
    """What the institution itself said needs no condition."""
    return True


def about(attempt: PaymentAttempt, finding: Finding) -> Condition:
    """That the news is about the number under which the order is being sent now.

    That an earlier one, which another channel has taken over since, failed is known already. That it moved money after
    all is for a person: raises Contradiction.
    """

    def is_current(order: PaymentOrder) -> bool:
        last = order.attempts.last()
        if last is None or last.out_trade_no == attempt.out_trade_no:
            return True
        if finding.state is State.FAILED:
            return False
        raise Contradiction(
            f"{order}: {finding.state} of {attempt.out_trade_no}, but it went on as {last.out_trade_no}"
        )

    return is_current


def settle(order_serial: str, finding: Finding, *, provided: Condition = always) -> None:
    """Bring the order to the end that `finding` tells of, `provided` that this holds of it once it is locked. Again
    and again is harmless.

    Raises Contradiction (an order that succeeded has failed, another amount), and whatever the orderer's handler
    raises; then nothing is changed and the work that called is parked.
    """
    for status in _STEPS[finding.state]:
        order = PaymentOrder.objects.get(serial=order_serial)
        if not provided(order):  # also of one that has ended: another number of it may have moved money too
            return
        if order.status == OrderStatus.FAILED and status != OrderStatus.FAILED and finding.source != ASKED:
            _have_asked(order)
            return
        if order.status not in _BEYOND[status]:
            _take(order_serial, status, finding, provided)


@transaction.atomic(durable=True)
def _have_asked(order: PaymentOrder) -> None:
    work.enqueue(RECHECK, order.serial)


@transaction.atomic(durable=True)
def _take(order_serial: str, status: OrderStatus, finding: Finding, provided: Condition) -> None:
    order = PaymentOrder.objects.get(serial=order_serial)
    handler = order_settled.handler(order.purpose)
    handler.lock(order.reference)
    order.lock()
    if not provided(order) or order.status in _BEYOND[status]:
        return
    _require_agreement(order, status, finding)
    had_failed = order.status == OrderStatus.FAILED
    _MOVES[status](order, finding)
    booking.book(order)
    outcome = _outcome(order, after_failure=had_failed)
    if finding.state is not State.FAILED:
        settlement.schedule(CHANNELS[order.channel], outcome.business_date)
    if (finding.state, status) == (State.RETURNED, OrderStatus.SUCCEEDED):
        work.enqueue(RECHECK, order.serial)  # its coming back is the next transaction, which may not be lived to see
    handler.apply(outcome)


def _require_agreement(order: PaymentOrder, status: OrderStatus, finding: Finding) -> None:
    if finding.amount is not None and finding.amount != order.amount:
        raise Contradiction(f"{order}: amount {finding.amount} instead of {order.amount}")
    follows = {OrderStatus.SUCCEEDED: OrderStatus.FAILED, OrderStatus.RETURNED: OrderStatus.SUCCEEDED}
    if not order.is_in_flight and follows.get(status) != order.status:
        raise Contradiction(f"{order}: {finding.state} by {finding.source}, but it is {order.status}")


def _succeed(order: PaymentOrder, finding: Finding) -> None:
    succeed = order.turn_out_paid if order.status == OrderStatus.FAILED else order.succeed
    succeed(
        by=_by(order),
        why=finding.source,
        channel_trade_no=finding.channel_trade_no,
        fee=finding.fee,
        at=clock.real_now(),
        on=clock.today(),
    )


def _fail(order: PaymentOrder, finding: Finding) -> None:
    order.fail(by=_by(order), why=f"{finding.source} {finding.code}".strip(), code=finding.code)


def _come_back(order: PaymentOrder, finding: Finding) -> None:
    why = f"{finding.source} {finding.code}".strip()
    order.come_back(by=_by(order), why=why, code=finding.code, on=clock.today())


_MOVES: dict[OrderStatus, Callable[[PaymentOrder, Finding], None]] = {
    OrderStatus.SUCCEEDED: _succeed,
    OrderStatus.FAILED: _fail,
    OrderStatus.RETURNED: _come_back,
}


def _by(order: PaymentOrder) -> str:
    return actors.system(f"channel {order.channel}")


def _outcome(order: PaymentOrder, *, after_failure: bool) -> OrderOutcome:
    return OrderOutcome(
        order_serial=order.serial,
        purpose=order.purpose,
        reference=order.reference,
        status=order.status,
        amount=order.amount,
        settled_at=clock.real_now(),
        business_date=order.returned_on or order.settled_on or clock.today(),
        channel=order.channel,
        reason=order.failure_code,
        after_failure=after_failure,
    )
