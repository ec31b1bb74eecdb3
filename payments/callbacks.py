"""What institutions tell us unasked: verified, committed, answered; worked off afterwards."""

from dataclasses import asdict

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core import clock, work
from core.problems import Problem
from payments import sending, settling
from payments.channels import CHANNELS, ENDS, Channel, Finding, Notice
from payments.models import ChannelNotice, PaymentAttempt

APPLY, CHANGED = "apply_notice", "changed_notice"


def receive(channel_code: str, request: HttpRequest) -> HttpResponse:
    """Take in one callback, have it worked off, and give the institution's own word for "received". The same notice
    again is harmless.

    Raises Problem: 401 for a bad signature, 409 for a replayed message or a notice that says something else than
    before, 400 for one that cannot be read, 413 for a huge one, 404 for an institution that we do not know.
    """
    channel = CHANNELS.get(channel_code)
    if channel is None:
        raise Problem("not_found", _("There is nothing at this address."), status=404)
    agreed: list[bool] = []
    channel.receive(request, lambda notice: agreed.append(_take_in(channel, notice)))
    if not all(agreed):  # refused only here, after the commit, so that a person finds it
        message = _("This notice has been received before with other content.")
        raise Problem("notice_changed", message, status=409)
    return channel.acknowledgement()


def _take_in(channel: Channel, told: Notice) -> bool:
    """Keep the notice and have it acted on. False when it was here before and said something else."""
    content = asdict(told)
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


def apply(notice_id: str) -> None:
    """Work "apply_notice": act on a notice. Raises LookupError (the work is parked) for an order that is not ours."""
    notice = ChannelNotice.objects.get(pk=int(notice_id))
    attempt = PaymentAttempt.objects.filter(channel=notice.channel, out_trade_no=notice.out_trade_no).last()
    if attempt is None:
        raise LookupError(f"notice {notice} is about {notice.out_trade_no}, which we never sent")
    finding = Finding(
        state=CHANNELS[notice.channel].state_of(notice.status),
        source=f"notice {notice}",
        channel_trade_no=notice.channel_trade_no,
        amount=notice.amount,
        fee=notice.fee,
        code=notice.code,
    )
    if finding.state in ENDS:
        sending.end(attempt, finding)
    else:
        _note(attempt, finding)


@transaction.atomic(durable=True)
def _note(attempt: PaymentAttempt, finding: Finding) -> None:
    """Keep that the order is on its way, and ask on: whoever sent it may have died before that was arranged."""
    order = sending.hear(attempt, finding)
    if order.is_in_flight:
        work.enqueue(sending.QUERY, order.serial, delay=sending.FIRST_QUERY_AFTER)
