"""What institutions tell us unasked: verified, committed, answered; worked off afterwards."""

from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core import clock, work
from core.institutions import institution
from core.outbound import receive_callback
from core.problems import Problem
from payments import settling
from payments.channels import CHANNELS, ENDS, Channel, finding_of, money
from payments.models import ChannelNotice, PaymentAttempt

APPLY = "apply_notice"


def receive(channel_code: str, request: HttpRequest) -> None:
    """Take in one callback and have it worked off. The same notice again is harmless.

    Raises Problem: 401 for a bad signature, 409 for a replayed message, 400 for one that cannot be read, 413 for a
    huge one, 404 for an institution that we do not know.
    """
    channel = CHANNELS.get(channel_code)
    if channel is None:
        raise Problem("not_found", _("There is nothing at this address."), status=404)
    receive_callback(institution(channel.code), request, lambda payload: _take_in(channel, payload))


def _take_in(channel: Channel, payload: dict[str, Any]) -> None:
    content = _read(payload)
    notice, first = ChannelNotice.objects.get_or_create(
        channel=channel.code,
        notification_id=content.pop("notification_id"),
        defaults={**content, "received_at": clock.real_now()},
    )
    if first:
        work.enqueue(APPLY, str(notice.pk))


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
