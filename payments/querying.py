"""Asking what became of an order, with growing pauses, until it is known. Driven by the database, so nothing forgets
it.
"""

import datetime as dt

from django.db import transaction

from core import clock, work
from core.work import Again
from payments import channels, settling
from payments.channels import CHANNELS, ENDS, Finding, State
from payments.models import PaymentAttempt, PaymentOrder
from payments.orders import SEND
from payments.sending import note_progress

SHORTEST_PAUSE = dt.timedelta(seconds=1)
LONGEST_PAUSE = dt.timedelta(minutes=10)


def query(order_serial: str) -> Again | None:
    """Work "query_order": ask about an order on its way, act on the answer, and ask again later unless it was an
    end.
    """
    attempt = _last_attempt(order_serial)
    return _ask(attempt) if attempt and attempt.order.is_in_flight else None


def recheck(order_serial: str) -> Again | None:
    """Work "recheck_order": ask about an order that had come to an end, because a statement says otherwise."""
    attempt = _last_attempt(order_serial)
    return _ask(attempt) if attempt else None


def _ask(attempt: PaymentAttempt) -> Again | None:
    finding = channels.ask(attempt.order, attempt.out_trade_no)
    if finding.state in ENDS:
        settling.settle(attempt.order.serial, finding)
        return None
    if finding.state is State.NOT_FOUND:
        return _not_found(attempt, finding)
    return _not_yet(attempt, finding)


def _last_attempt(order_serial: str) -> PaymentAttempt | None:
    attempts = PaymentAttempt.objects.filter(order__serial=order_serial)
    return attempts.select_related("order").order_by("no").last()


@transaction.atomic(durable=True)
def _not_yet(attempt: PaymentAttempt, finding: Finding) -> Again | None:
    order = attempt.order
    order.lock()
    note_progress(order, finding)
    return Again(_pause(attempt)) if order.is_in_flight else None


def _not_found(attempt: PaymentAttempt, finding: Finding) -> Again | None:
    """Not known there. It was accepted before: keep asking. It may be sent again: do so. Too late for that: it
    failed.
    """
    if not attempt.order.is_in_flight:
        return None
    if attempt.outcome == PaymentAttempt.Outcome.ACCEPTED or attempt.order.channel_trade_no:
        return Again(_pause(attempt))
    channel = CHANNELS[attempt.channel]
    if clock.real_now() - attempt.sent_at > channel.not_found_window:
        settling.settle(attempt.order.serial, Finding(State.FAILED, finding.source, code=finding.code))
        return None
    if _times_sent(attempt.order) >= channel.most_sends:
        return Again(_pause(attempt))
    _have_it_sent_again(attempt)
    return None


def _times_sent(order: PaymentOrder) -> int:
    return order.attempts.exclude(outcome=PaymentAttempt.Outcome.NEVER_SENT).count()


@transaction.atomic(durable=True)
def _have_it_sent_again(attempt: PaymentAttempt) -> None:
    order = PaymentOrder.objects.get(pk=attempt.order_id)
    order.lock()
    if order.is_in_flight and not order.attempts.filter(no__gt=attempt.no).exists():
        PaymentAttempt.objects.filter(pk=attempt.pk).update(outcome=PaymentAttempt.Outcome.NOT_FOUND)
        work.enqueue(SEND, order.serial)


def _pause(attempt: PaymentAttempt) -> dt.timedelta:
    """As long again as it has been on its way, within bounds."""
    age = clock.real_now() - attempt.sent_at
    return min(max(age, SHORTEST_PAUSE), LONGEST_PAUSE)
