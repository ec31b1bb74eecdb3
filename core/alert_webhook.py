"""Alerts by webhook, to settings.ALERT_WEBHOOK_URL: signed as Standard Webhooks has it (standardwebhooks.com, 1.0.0).

The receiver gets `webhook-id`, the same however often a telling is tried again, `webhook-timestamp` (Unix seconds) and
`webhook-signature`: `v1,` and the base64 of HMAC-SHA256, under settings.ALERT_WEBHOOK_KEY, of `id.timestamp.body`. Any
2xx status says that it came; after anything else work tries again, at growing intervals, and parks it after a day.
"""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core import checks

from core import alerts, work
from core.institutions import Institution
from core.masking import mask_text
from core.models import Alert, ExternalMessage
from core.outbound import Answer, Outcome, SignedClient

CODE = "alert_webhook"
LEAST_KEY_BYTES = 24


class NotTaken(Exception):
    """The receiver did not say that it took the alert."""


class WebhookClient(SignedClient):
    """The receiver of alerts. Its answers are not signed: nothing is read in them but whether it took the message. Its
    address may hold a token, so no path of it is recorded.
    """

    def __init__(self) -> None:
        super().__init__(Institution(CODE, settings.ALERT_WEBHOOK_URL, Path()))

    def headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        timestamp = str(int(message.at.timestamp()))
        signed = f"{message.serial}.{timestamp}.{body}".encode()
        signature = base64.b64encode(hmac.digest(settings.ALERT_WEBHOOK_KEY, signed, hashlib.sha256)).decode()
        return {
            "Content-Type": self.content_type,
            "webhook-id": message.serial,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }

    def _read(self, message: ExternalMessage, response: httpx.Response) -> Answer:
        message.answer_status, message.answer_body = response.status_code, mask_text(response.text[:2000])
        return Answer(Outcome.ANSWERED, response.status_code)


def call(telling: str) -> work.Again | None:
    """Work "call_alert_webhook": send the alert. Harmless twice. Raises NotTaken, so that it is tried again."""
    return alerts.tell_by(_send, telling)


def _send(alert: Alert) -> None:
    answer = WebhookClient().post("", _content(alert), serial=alert.telling)
    if not answer.ok:
        raise NotTaken(f"the alert webhook: {answer.outcome}, status {answer.status}")


def _content(alert: Alert) -> dict[str, Any]:
    return {
        "type": "alert.raised",
        "timestamp": alert.last_raised_at,
        "data": {
            "kind": alert.kind,
            "reference": alert.key,
            "severity": Alert.Severity(alert.severity).name.lower(),
            "title": alerts.title_of(alert),
            "sentence": mask_text(alerts.sentence_of(alert)),
            "raised_at": alert.raised_at,
        },
    }


@checks.register
def check_key(**kwargs: Any) -> list[checks.CheckMessage]:
    """A webhook needs a key that nobody guesses."""
    if not settings.ALERT_WEBHOOK_URL or len(settings.ALERT_WEBHOOK_KEY) >= LEAST_KEY_BYTES:
        return []
    return [checks.Error(f"ALERT_WEBHOOK_URL needs an ALERT_WEBHOOK_KEY of {LEAST_KEY_BYTES} bytes", id="core.E002")]
