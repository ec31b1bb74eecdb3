"""Alerts posted over real HTTP to a receiver that checks the signature by itself, and that fails at times."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import checks
from django.db import transaction

from core import alerts, work
from core.alerts import Severity
from core.models import Alert, ExternalMessage, Work

KIND, KEY = "test_kettle", b"0123456789abcdef01234567"
MOBILE = "13812345678"


class Receiver(BaseHTTPRequestHandler):
    """Takes what comes, after `failures` refusals."""

    failures = 0
    seen: list[tuple[str, dict, str]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Receiver.seen.append((self.path, dict(self.headers), body))
        self.send_response(503 if len(Receiver.seen) <= Receiver.failures else 204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(committed_db, settings):
    Receiver.failures, Receiver.seen = 0, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/robot?token=t0ken"
    settings.ALERT_WEBHOOK_KEY = KEY
    alerts.register(KIND, title="Kettle", sentence="Kettle %(name)s is hot: take it off.")
    yield Receiver
    alerts._kinds.pop(KIND)
    server.shutdown()
    server.server_close()


def raised(severity=Severity.WARNING):
    with transaction.atomic():
        return alerts.raise_alert(KIND, "k1", severity=severity, name=MOBILE)


def signature(headers, body):
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()


def test_an_alert_is_posted_signed_and_masked_once(receiver):
    alert = raised()
    raised()
    work.drain()
    [(path, headers, body)] = receiver.seen
    assert (path, headers["webhook-signature"]) == ("/robot?token=t0ken", signature(headers, body))
    told = json.loads(body)
    assert told["type"] == "alert.raised"
    assert told["data"]["sentence"] == "Kettle 138****5678 is hot: take it off."
    assert (told["data"]["kind"], told["data"]["severity"]) == (KIND, "warning")
    assert headers["webhook-id"] == Alert.objects.get(pk=alert.pk).telling


def test_it_is_on_record_without_the_token_of_the_address(receiver):
    raised()
    work.drain()
    message = ExternalMessage.objects.get(institution="alert_webhook")
    assert (message.outcome, message.answer_status, message.signature) == ("answered", 204, "none")
    assert message.serial == Alert.objects.get().telling
    assert not any("t0ken" in str(value) or MOBILE in str(value) for value in vars(message).values())


def test_a_refusal_is_tried_again_under_the_same_number_and_a_worse_one_gets_another(receiver):
    receiver.failures = 2
    raised()
    work.run_due()
    [row] = Work.objects.filter(kind=alerts.CALL)
    assert (row.state, row.failures) == ("waiting", 1) and "NotTaken" in row.last_error
    work.drain()
    raised(Severity.CRITICAL)
    work.drain()
    numbers = [headers["webhook-id"] for _path, headers, _body in receiver.seen]
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3] and len(numbers) == 4


def test_a_receiver_that_is_away_parks_the_work_in_the_end_and_a_worse_alert_is_told_all_the_same(receiver, settings):
    url, settings.ALERT_WEBHOOK_URL = settings.ALERT_WEBHOOK_URL, "http://127.0.0.1:9/"
    raised()
    Work.objects.update(failures=alerts.TRIES - 2)
    work.drain()
    assert Work.objects.get(kind=alerts.CALL).state == "parked"
    assert set(ExternalMessage.objects.values_list("outcome", flat=True)) == {"never sent"}
    settings.ALERT_WEBHOOK_URL = url
    raised(Severity.CRITICAL)
    work.drain()
    [(_path, _headers, body)] = receiver.seen
    assert json.loads(body)["data"]["severity"] == "critical"


def test_without_an_address_nothing_is_asked_for(receiver, settings):
    settings.ALERT_WEBHOOK_URL = ""
    raised()
    assert not Work.objects.exists()


def test_an_address_needs_a_key(receiver, settings):
    assert checks.run_checks() == []
    settings.ALERT_WEBHOOK_KEY = b"short"
    assert [error.id for error in checks.run_checks()] == ["core.E002"]
