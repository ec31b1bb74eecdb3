"""What happened to an order, in the order in which it happened: states, sendings, messages, notices, postings."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.models import ExternalMessage, TransitionLog
from core.money import format_yuan
from payments.models import ChannelNotice, OrderStatus, PaymentOrder, Transfer


@dataclass(frozen=True)
class Event:
    """One thing that happened at a real time, in words; personal data masked."""

    at: dt.datetime
    what: str | Promise
    detail: str


def timeline(order: PaymentOrder) -> list[Event]:
    """Everything that is recorded about the order, oldest first."""
    events = [*_states(order), *_attempts(order), *_messages(order), *_notices(order), *_postings(order)]
    return sorted(events, key=lambda event: event.at)


def _states(order: PaymentOrder) -> Iterator[Event]:
    yield Event(order.confirmed_at, _("created"), f"{order.purpose} {order.reference}")
    for row in TransitionLog.of(order):
        yield Event(row.at, OrderStatus(row.to_status).label, f"{row.actor} · {row.reason}")


def _attempts(order: PaymentOrder) -> Iterator[Event]:
    for attempt in order.attempts.all():
        what = _("attempt %(number)s") % {"number": attempt.no}
        outcome = f"{attempt.get_outcome_display()} {attempt.code}".strip()
        yield Event(attempt.sent_at, what, f"{attempt.channel} {attempt.out_trade_no} · {outcome}")


def _messages(order: PaymentOrder) -> Iterator[Event]:
    numbers = {order.serial, *order.attempts.values_list("out_trade_no", flat=True)}
    for message in ExternalMessage.objects.filter(serial__in=numbers).order_by("id"):
        answer = f"{message.outcome} {message.answer_status or ''} {message.answer_body or message.error}"
        signature = message.get_signature_display()
        yield Event(message.at, f"{message.method} {message.path}", f"{answer} · {_('signature')}: {signature}")


def _notices(order: PaymentOrder) -> Iterator[Event]:
    numbers = order.attempts.values_list("out_trade_no", flat=True)
    for notice in ChannelNotice.objects.filter(out_trade_no__in=numbers):
        detail = f"{notice} · {notice.status} {format_yuan(notice.amount)} {notice.code}".strip()
        yield Event(notice.received_at, _("notice of the institution"), detail)


def _postings(order: PaymentOrder) -> Iterator[Event]:
    for transfer in Transfer.objects.filter(reference=order.serial):
        yield Event(transfer.posted_at, _("posted"), f"{transfer} · {transfer.purpose} {format_yuan(transfer.amount)}")
