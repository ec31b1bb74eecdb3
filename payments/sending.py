"""Sending an order: the attempt is committed before the call, the answer after it, nothing is locked in between."""

import datetime as dt

from django.db import transaction

from core import actors, clock, work
from core.work import Again
from payments import booking, channels, route_choices, settling
from payments.channels import ENDS, Finding, State
from payments.models import OrderStatus, PaymentAttempt, PaymentOrder
from payments.orders import SEND
from payments.route_records import refused_by_itself

QUERY = "query_order"
FIRST_QUERY_AFTER = dt.timedelta(seconds=2)
UNTIL_A_CHANNEL = dt.timedelta(seconds=10)
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
    if not isinstance(attempt, PaymentAttempt):
        return attempt
    finding = channels.instruct(attempt.order, attempt.out_trade_no)
    _record(attempt, finding)
    if finding.state in ENDS:
        end(attempt, finding)
    return Again(_patience(attempt)) if finding.state is State.NEVER_SENT else None


def end(attempt: PaymentAttempt, finding: Finding) -> None:
    """What an answer or a question found at the end of an attempt: the order is settled, unless the channel refused it
    for reasons of its own and another can take it.
    """
    if finding.state is State.FAILED and _goes_elsewhere(attempt, finding):
        return
    settling.settle(attempt.order.serial, finding, provided=settling.about(attempt, finding))


@transaction.atomic(durable=True)
def _goes_elsewhere(attempt: PaymentAttempt, finding: Finding) -> bool:
    order = attempt.order
    order.lock()
    if order.attempts.last() != attempt or order.status not in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
        return False
    if not refused_by_itself(attempt.channel, finding.code):
        return False
    PaymentAttempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.REFUSED, code=finding.code)
    if not _may_go_anywhere(order) or route_choices.another(order) is None:
        return False
    work.enqueue(SEND, order.serial)
    return True


@transaction.atomic(durable=True)
def _begin_attempt(order_serial: str) -> PaymentAttempt | Again | None:
    order = PaymentOrder.objects.get(serial=order_serial)
    order.lock()
    if order.status not in _SENDABLE:
        return None
    last = order.attempts.last()
    if last and not (last.outcome in _MAY_BE_SENT_AGAIN or _was_refused(last)):
        # It may have arrived: a crash, a lost answer, or another worker is just sending it.
        work.enqueue(QUERY, order_serial)
        return None
    channel = route_choices.route(order) if _may_go_anywhere(order) else order.channel
    if channel is None:
        return _wait_or_ask(order, last)
    number = last.no + 1 if last else 1
    order.send(by=SENDER, why=f"attempt {number}", channel=channel)
    attempt = PaymentAttempt.objects.create(
        order=order,
        no=number,
        channel=channel,
        out_trade_no=_number_at(channel, order),
        sent_at=clock.real_now(),
    )
    booking.let_go(order)
    booking.hold(attempt)
    return attempt


def _was_refused(attempt: PaymentAttempt) -> bool:
    """Whether its channel refused it for reasons of its own: then it was not settled, and goes through another."""
    return attempt.outcome == Outcome.REFUSED and refused_by_itself(attempt.channel, attempt.code)


def _may_go_anywhere(order: PaymentOrder) -> bool:
    """Whether nothing of it can be with any channel: whatever was sent was definitely refused, or never left us."""
    return not order.attempts.exclude(outcome__in=(Outcome.NEVER_SENT, Outcome.REFUSED)).exists()


def _number_at(channel: str, order: PaymentOrder) -> str:
    """Our number at the institution: its idempotency key, the same for whatever is sent there of one order. Each
    further channel gets another, so that news of one is never taken for news of the other.
    """
    known = order.attempts.filter(channel=channel).first()
    if known:
        return known.out_trade_no
    others = order.attempts.values("channel").distinct().count()
    return f"{order.serial}R{others}" if others else order.serial


def _wait_or_ask(order: PaymentOrder, last: PaymentAttempt | None) -> Again | None:
    """No channel takes it now. One that was refused last has its refusal confirmed, and fails; another waits."""
    if last and _was_refused(last):
        work.enqueue(QUERY, order.serial)
        return None
    return Again(UNTIL_A_CHANNEL)


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
    last = order.attempts.last()
    if last is None or last.out_trade_no != attempt.out_trade_no:
        return order  # of a number that another channel has taken over since
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
