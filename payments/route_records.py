"""What the channels did lately, from the orders' attempts: what routing judges them by. Reads only."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, Sum

from core import clock
from core.money import ZERO
from payments.channels import CHANNELS
from payments.models import OrderStatus, PaymentAttempt, PaymentOrder
from payments.routing import Lane, Record, Try

# Enough for the share of good tries and for the breaker.
LATE_TRIES = 50
Outcome = PaymentAttempt.Outcome
_BAD = (Outcome.NEVER_SENT, Outcome.UNKNOWN, Outcome.NOT_FOUND)


def records(lanes: Iterable[Lane], *, without: PaymentOrder) -> dict[str, Record]:
    """The record of each lane's channel with its kind of order (one kind for all of `lanes`); the order that is to be
    sent is not counted as moved already.
    """
    return {lane.channel: Record(_tries(lane), _moved_today(lane, without)) for lane in lanes}


def refused_by_itself(channel: str, code: str) -> bool:
    """Whether a definite refusal with this code is the channel's own and not the payee's: another may still do it."""
    return channel in CHANNELS and code in CHANNELS[channel].own_refusals


def _tries(lane: Lane) -> list[Try]:
    late = PaymentAttempt.objects.filter(channel=lane.channel, order__kind=lane.kind).order_by("-sent_at")
    return [_try(attempt) for attempt in reversed(late[:LATE_TRIES])]


def _try(attempt: PaymentAttempt) -> Try:
    if attempt.outcome == Outcome.OPEN:
        return Try(attempt.sent_at, None)
    bad = attempt.outcome in _BAD or (
        attempt.outcome == Outcome.REFUSED and refused_by_itself(attempt.channel, attempt.code)
    )
    taken = (attempt.answered_at - attempt.sent_at) if attempt.answered_at else dt.timedelta()
    return Try(attempt.sent_at, not bad, taken.total_seconds())


def _moved_today(lane: Lane, without: PaymentOrder) -> Decimal:
    """Yuan that went or are going by a lane today; not asked where nothing depends on it."""
    if lane.day_limit is None:
        return ZERO
    today = Q(status=OrderStatus.SUCCEEDED, settled_on=clock.today()) | Q(
        status__in=[OrderStatus.SENDING, OrderStatus.ACCEPTED, OrderStatus.UNKNOWN]
    )
    orders = PaymentOrder.objects.filter(today, channel=lane.channel, kind=lane.kind).exclude(pk=without.pk)
    moved: Decimal = orders.aggregate(moved=Sum("amount"))["moved"] or ZERO
    return moved
