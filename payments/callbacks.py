"""What institutions tell us unasked: verified, committed, answered; worked off afterwards."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core import clock, work
from core.institutions import institution
from core.outbound import receive_callback
from core.problems import Problem
from payments import sending, settling
from payments.channels import CHANNELS, ENDS, Channel, Finding, finding_of, money
from payments.models import ChannelNotice, PaymentAttempt

APPLY, CHANGED = "apply_notice", "changed_notice"


def receive(channel_code: str, request: HttpRequest) -> None:
    """Take in one callback and have it worked off. The same notice again is harmless.

    Raises Problem: 401 for a bad signature, 409 for a replayed message or a notice that says something else than
    before, 400 for one that cannot be read, 413 for a huge one, 404 for an institution that we do not know.
    """
    channel = CHANNELS.get(channel_code)
    if channel is None:
        raise Problem("not_found", _("There is nothing at this address."), status=404)
    agreed: list[bool] = []
    receive_callback(institution(channel.code), request, lambda payload: agreed.append(_take_in(channel, payload)))
    if not all(agreed):  # refused only here, after the commit, so that a person finds it
        message = _("This notice has been received before with other content.")
        raise Problem("notice_changed", message, status=409)


def _take_in(channel: Channel, payload: dict[str, Any]) -> bool:
    """Keep the notice and have it acted on. False when it was here before and said something else."""
    content = _read(payload)
    notice, first = ChannelNotice.objects.get_or_create(
        channel=channel.code,
        notification_id=content.pop("notification_id"),
        defaults={**content, "received_at": clock.real_now()},
    )
    if first:
        work.enqueue(APPLY, str(notice.pk))
    agrees = all(getattr(notice, name) == value for name, value in content.items())
    if not agrees:
        work.enqueue(CHANGED, str(notice.pk))
    return agrees


def report_change(notice_id: str) -> None:
    """Work "changed_notice": never done, so that it is parked and a person asks the institution which one is true."""
    notice = ChannelNotice.objects.get(pk=int(notice_id))
    raise settling.Contradiction(f"notice {notice} came again with other content: see the messages of that number")


def _read(payload: dict[str, Any]) -> dict[str, Any]:
    """The notice's fields. Raises Problem when it lacks what every notice has."""
    try:
        return {
            "notification_id": _text(payload, "notification_id", 64),
            "out_trade_no": _text(payload, "serial", 32),
            "channel_trade_no": _text(payload, "channel_serial", 64),
            "status": _text(payload, "status", 20),
            "amount": money(payload["amount"]),
            "fee": money(payload["fee"]),
            "code": str(payload.get("code") or "")[:60],
            "finished_at": parse_datetime(payload["finished_at"]) if payload.get("finished_at") else None,
        }
    except (KeyError, TypeError, ValueError):
        raise Problem("invalid_notice", _("The message lacks what such a message must say.")) from None


def _text(payload: dict[str, Any], name: str, longest: int) -> str:
    value = payload[name]
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError(name)
    return value


def apply(notice_id: str) -> None:
    """Work "apply_notice": act on a notice. Raises LookupError (the work is parked) for an order that is not ours."""
    notice = ChannelNotice.objects.get(pk=int(notice_id))
    attempt = PaymentAttempt.objects.filter(channel=notice.channel, out_trade_no=notice.out_trade_no).last()
    if attempt is None:
        raise LookupError(f"notice {notice} is about {notice.out_trade_no}, which we never sent")
    finding = finding_of(
        {
            "status": notice.status,
            "channel_serial": notice.channel_trade_no,
            "amount": str(notice.amount),
            "fee": str(notice.fee),
            "code": notice.code,
        },
        source=f"notice {notice}",
    )
    if finding.state in ENDS:
        settling.settle(attempt.order.serial, finding)
    else:
        _note(attempt, finding)


@transaction.atomic(durable=True)
def _note(attempt: PaymentAttempt, finding: Finding) -> None:
    """Keep that the order is on its way, and ask on: whoever sent it may have died before that was arranged."""
    order = sending.hear(attempt, finding)
    if order.is_in_flight:
        work.enqueue(sending.QUERY, order.serial, delay=sending.FIRST_QUERY_AFTER)
