"""Messages to customers: in the app at once, and by SMS through a work row, each told once."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import message_templates
from accounts.models import Customer, Message
from core import clock, work
from core.institutions import institution
from core.outbound import SignedClient
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction

SEND_SMS = "send_sms"


class SmsNotAccepted(Exception):
    """The gateway did not take an SMS: the work is retried with backoff, then parked for a person."""


def send(customer: Customer, template: str, context: Mapping[str, object] | None = None, *, key: str = "") -> Message:
    """Tell the customer something, in the customer's language, as part of the open transaction.

    `template` is a registered code; a message with the same `key` is sent only once to a customer. Whether
    the hour is lawful for it is the caller's to know.
    """
    require_transaction("sending a message")
    words = message_templates.find(template)
    title, text = words.render(customer.language, context or {})
    serial = next_serial(Serial.MESSAGE)
    key = key or serial
    new = Message(
        customer=customer,
        key=key,
        serial=serial,
        template=template,
        language=customer.language,
        title=title,
        text=text,
        by_sms=words.by_sms,
    )
    Message.objects.bulk_create([new], ignore_conflicts=True)
    message = Message.objects.get(customer=customer, key=key)
    if message.serial == serial and message.by_sms:
        work.enqueue(SEND_SMS, serial)
    return message


def send_sms(serial: str) -> None:
    """Work handler: hand message `serial` to the SMS gateway. Its serial makes a repeat harmless."""
    message = Message.objects.select_related("customer__user").get(serial=serial)
    if message.sms_accepted_at:
        return
    payload = {"serial": serial, "mobile": message.customer.mobile, "text": message.text}
    answer = SignedClient(institution("sms")).post("/sms/v1/messages", payload, serial=serial)
    if not answer.ok:
        raise SmsNotAccepted(f"{answer.outcome} {answer.status or ''} {answer.body.get('code', '')}".strip())
    Message.objects.filter(pk=message.pk).update(
        sms_accepted_at=clock.now(), gateway_serial=str(answer.body.get("gateway_serial", ""))[:64]
    )


@transaction.atomic(durable=True)
def mark_read(*, customer: Customer, serial: str) -> Message:
    """Note when the customer first opened a message. Raises Problem `not_found` (404) for anybody else's."""
    message = customer.messages.select_for_update().filter(serial=serial).first()
    if message is None:
        raise Problem("not_found", _("There is no such message."), status=404)
    if message.read_at is None:
        message.read_at = clock.now()
        message.save(update_fields=["read_at"])
    return message
