import pytest
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import customers, message_templates, messages
from accounts.message_templates import MessageTemplate
from accounts.models import Message
from accounts.tests import factories
from core import work
from core.models import ExternalMessage, Work
from core.problems import Problem

pytestmark = pytest.mark.django_db

message_templates.register(MessageTemplate("test_paid_out", _("January"), _("Sent %(amount)s to your card.")))


@pytest.fixture
def reader(sandbox):
    """A customer who reads English."""
    customer = factories.registered_customer()
    customers.choose_language(customer=customer, language="en")
    return customer


def send(customer, **more):
    with transaction.atomic():
        return messages.send(customer, "test_paid_out", {"amount": "¥1,000.00"}, **more)


def test_a_message_is_in_the_app_at_once_and_goes_out_by_sms(reader):
    message = send(reader)
    assert (message.text, message.sms_accepted_at) == ("Sent ¥1,000.00 to your card.", None)
    work.drain()
    message.refresh_from_db()
    assert (message.sms_accepted_at is None, bool(message.gateway_serial)) == (False, True)
    assert factories.last_sms(reader.mobile) == "Sent ¥1,000.00 to your card."


def test_title_and_text_are_in_the_customers_language(reader):
    assert send(reader).title == "January"
    customers.choose_language(customer=reader, language="zh-hans")
    assert send(reader).title == "一月"


def test_what_is_told_once_is_told_once(reader):
    assert send(reader, key="paid LN1") == send(reader, key="paid LN1")
    work.drain()
    messages.send_sms(Message.objects.get().serial)
    assert ExternalMessage.objects.filter(serial=Message.objects.get().serial).count() == 1
    assert send(reader) != send(reader)


def test_a_message_waits_for_a_gateway_that_lost_the_answer_and_goes_out_once(reader, fault):
    fault("sms", "lose_answer")
    message = send(reader)
    work.run_due()
    assert Work.objects.get(key=message.serial).failures == 1
    work.drain()
    message.refresh_from_db()
    assert message.sms_accepted_at is not None


def test_the_text_is_not_in_clear_in_the_database(reader):
    send(reader)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(m::text, ' ') FROM accounts_message m")
        assert "1,000.00" not in cursor.fetchone()[0]


def test_a_message_needs_the_callers_transaction(reader):
    with pytest.raises(RuntimeError, match="open transaction"):
        messages.send(reader, "test_paid_out", {"amount": "1"})


def test_reading_is_noted_once_and_only_by_its_owner(reader):
    message = send(reader)
    first = messages.mark_read(customer=reader, serial=message.serial).read_at
    assert messages.mark_read(customer=reader, serial=message.serial).read_at == first
    with pytest.raises(Problem) as caught:
        messages.mark_read(customer=factories.registered_customer(), serial=message.serial)
    assert caught.value.status == 404


def test_a_code_belongs_to_one_template():
    with pytest.raises(ValueError, match="already"):
        message_templates.register(MessageTemplate("test_paid_out", _("Another"), _("text")))
