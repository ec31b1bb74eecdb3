"""Asking what became of an order, with growing pauses, until it is known. Driven by the database, so nothing forgets
it.
"""

import datetime as dt

from django.db import transaction

from core import clock, work
from core.work import Again
from payments import channels, settling
from payments.channels import CHANNELS, ENDS, Finding, State
from payments.models import OrderStatus, PaymentAttempt, PaymentOrder
from payments.orders import SEND
from payments.sending import NOT_TAKEN_ON, end, hear

SHORTEST_PAUSE = dt.timedelta(seconds=1)
LONGEST_PAUSE = dt.timedelta(minutes=10)


def query(order_serial: str) -> Again | None:
    """Work "query_order": ask about an order on its way, act on the answer, and ask again later unless it was an
    end. One that never left us is sent instead.
    """
    attempt = _last_attempt(order_serial)
    if attempt is None or not attempt.order.is_in_flight:
        return None
    if attempt.outcome == PaymentAttempt.Outcome.NEVER_SENT and attempt.order.status != OrderStatus.ACCEPTED:
        return _wake_the_sender(attempt)
    return _ask(attempt)


def recheck(order_serial: str) -> Again | None:
    """Work "recheck_order": ask about an order that had come to an end, because a statement or a notice says otherwise,
    until there is an answer.
    """
    attempt = _last_attempt(order_serial)
    if attempt is None:
        return None
    finding = channels.ask(attempt)
    if finding.state in ENDS:
        end(attempt, finding)
    return None if finding.state in (*ENDS, State.NOT_FOUND) else Again(_pause(attempt))


def _ask(attempt: PaymentAttempt) -> Again | None:
    asked_at = clock.real_now()
    finding = channels.ask(attempt)
    if finding.state in ENDS:
        end(attempt, finding)
        return None
    if finding.state is not State.NOT_FOUND:
        return _not_yet(attempt, finding)
    if asked_at - attempt.sent_at > CHANNELS[attempt.channel].not_found_window:
        return _too_late(attempt, finding)
    return _have_it_sent_again(attempt)


@transaction.atomic(durable=True)
def _wake_the_sender(attempt: PaymentAttempt) -> Again:
    """There is nothing to ask about; whoever was to send it again may have lost its turn."""
    work.enqueue(SEND, attempt.order.serial)
    return Again(_pause(attempt))


def _last_attempt(order_serial: str) -> PaymentAttempt | None:
    attempts = PaymentAttempt.objects.filter(order__serial=order_serial)
    return attempts.select_related("order").order_by("no").last()


@transaction.atomic(durable=True)
def _not_yet(attempt: PaymentAttempt, finding: Finding) -> Again | None:
    order = hear(attempt, finding)
    return Again(_pause(attempt)) if order.is_in_flight else None


def _too_late(attempt: PaymentAttempt, finding: Finding) -> Again | None:
    """Not known there, and nothing sent can still arrive: it failed, unless more has become known meanwhile."""
    failed = Finding(State.FAILED, finding.source, code=finding.code)
    settling.settle(attempt.order.serial, failed, provided=lambda order: _is_lost(order, attempt))
    return Again(_pause(attempt)) if PaymentOrder.objects.get(pk=attempt.order_id).is_in_flight else None


@transaction.atomic(durable=True)
def _have_it_sent_again(attempt: PaymentAttempt) -> Again | None:
    """Not known there, but it may be on its way still: send it again, some times; then only ask."""
    order = attempt.order
    order.lock()
    if not order.is_in_flight:
        return None
    if not _is_lost(order, attempt) or _times_sent(order) >= CHANNELS[attempt.channel].most_sends:
        return Again(_pause(attempt))
    PaymentAttempt.objects.filter(pk=attempt.pk).update(outcome=PaymentAttempt.Outcome.NOT_FOUND)
    work.enqueue(SEND, order.serial)
    return None


def _is_lost(order: PaymentOrder, asked_about: PaymentAttempt) -> bool:
    """Whether "not found" may be believed of a locked order. While it was asked, another worker may have sent the order
    again, or an answer or a notice may have told that it was taken on.
    """
    last = order.attempts.last()
    return (
        last == asked_about
        and last.outcome in NOT_TAKEN_ON
        and not order.channel_trade_no
        and order.status in (OrderStatus.SENDING, OrderStatus.UNKNOWN)
    )


def _times_sent(order: PaymentOrder) -> int:
    return order.attempts.exclude(outcome=PaymentAttempt.Outcome.NEVER_SENT).count()


def _pause(attempt: PaymentAttempt) -> dt.timedelta:
    """As long again as it has been on its way, within bounds."""
    age = clock.real_now() - attempt.sent_at
    return min(max(age, SHORTEST_PAUSE), LONGEST_PAUSE)
