"""Sending an order: the attempt is committed before the call, the answer after it, nothing is locked in between."""

import datetime as dt

from django.db import transaction

from core import actors, clock, work
from core.work import Again
from payments import channels, settling
from payments.channels import ENDS, PAYMENT, Finding, State
from payments.models import OrderStatus, PaymentAttempt, PaymentOrder

QUERY = "query_order"
FIRST_QUERY_AFTER = dt.timedelta(seconds=2)
SENDER = actors.system("sender")

Outcome = PaymentAttempt.Outcome
NOT_TAKEN_ON = (Outcome.OPEN, Outcome.UNKNOWN, Outcome.NOT_FOUND, Outcome.REFUSED)
_MAY_BE_SENT_AGAIN = (Outcome.NEVER_SENT, Outcome.NOT_FOUND)
_OUTCOMES = {
    State.ACCEPTED: Outcome.ACCEPTED,
    State.SUCCEEDED: Outcome.ACCEPTED,
    State.RETURNED: Outcome.ACCEPTED,
    State.FAILED: Outcome.REFUSED,
    State.NEVER_SENT: Outcome.NEVER_SENT,
}
_SENDABLE = (OrderStatus.CREATED, OrderStatus.SENDING, OrderStatus.UNKNOWN)


def send(order_serial: str) -> Again | None:
    """Work "send_order": make the next attempt, if the order may be sent now; otherwise have it asked about."""
    attempt = _begin_attempt(order_serial)
    if attempt is None:
        return None
    finding = channels.instruct(attempt.order, attempt.out_trade_no)
    _record(attempt, finding)
    if finding.state in ENDS:
        settling.settle(order_serial, finding)
    return Again(_patience(attempt)) if finding.state is State.NEVER_SENT else None


@transaction.atomic(durable=True)
def _begin_attempt(order_serial: str) -> PaymentAttempt | None:
    order = PaymentOrder.objects.get(serial=order_serial)
    order.lock()
    if order.status not in _SENDABLE:
        return None
    last = order.attempts.last()
    if last and last.outcome not in _MAY_BE_SENT_AGAIN:
        # It may have arrived: a crash, a lost answer, or another worker is just sending it.
        work.enqueue(QUERY, order_serial)
        return None
    number = last.no + 1 if last else 1
    order.send(by=SENDER, why=f"attempt {number}", channel=PAYMENT.code)
    return PaymentAttempt.objects.create(
        order=order,
        no=number,
        channel=order.channel,
        out_trade_no=last.out_trade_no if last else order.serial,
        sent_at=clock.real_now(),
    )


@transaction.atomic(durable=True)
def _record(attempt: PaymentAttempt, finding: Finding) -> None:
    """Keep what the answer said. Another way may have brought the order further meanwhile: then only the attempt is
    noted, and that it was accepted stands.
    """
    order = attempt.order
    order.lock()
    attempt.refresh_from_db(fields=["outcome", "channel_trade_no"])
    if attempt.outcome != Outcome.ACCEPTED:
        attempt.outcome = _OUTCOMES.get(finding.state, Outcome.UNKNOWN)
        attempt.channel_trade_no = finding.channel_trade_no
    attempt.code, attempt.answered_at = finding.code, clock.real_now()
    attempt.save()
    note_progress(order, finding)
    if order.is_in_flight and finding.state is not State.NEVER_SENT:
        work.enqueue(QUERY, order.serial, delay=FIRST_QUERY_AFTER)


def hear(attempt: PaymentAttempt, finding: Finding) -> PaymentOrder:
    """Keep, as part of the open transaction, what was heard of an order short of its end by a question or a notice.
    Returns the order, locked. That the institution has it shows that it was sent.
    """
    order = attempt.order
    order.lock()
    if finding.state is State.ACCEPTED:
        unanswered = order.attempts.filter(pk=attempt.pk, outcome__in=NOT_TAKEN_ON)
        unanswered.update(outcome=Outcome.ACCEPTED, channel_trade_no=finding.channel_trade_no)
    note_progress(order, finding)
    return order


def note_progress(order: PaymentOrder, finding: Finding) -> None:
    """Move a locked order on its way as far as `finding` says, short of an end; never backwards."""
    if finding.state is State.ACCEPTED and order.status in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
        order.accept(by=SENDER, why=finding.source, channel_trade_no=finding.channel_trade_no)
    elif finding.state is State.UNKNOWN and order.status == OrderStatus.SENDING:
        order.doubt(by=SENDER, why=f"{finding.source} {finding.code}".strip())


def _patience(attempt: PaymentAttempt) -> dt.timedelta:
    """How long to wait when no connection could be made: doubling from a second to a minute."""
    return dt.timedelta(seconds=min(2 ** (attempt.no - 1), 60))
