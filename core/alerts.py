"""Alerts: what watches the platform raises one, a person takes it, and it ends when its cause does.

The watching app names each kind once with `register`. Raising what is raised already is harmless: it tells the
newest facts, and may become more severe. A new alert, or one that became more severe, is told by e-mail to
settings.ALERT_RECIPIENTS and by webhook (core.alert_webhook), where there are any. One that was silenced is told when
its silence ends, if it still holds then; ending and coming back does not break the silence. Each telling is work of its
own, so none waits behind one that was parked; what a newer one tells, an older one need not.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core import clock, work
from core.models.alert import Alert
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction

MAIL, CALL = "tell_alert", "call_alert_webhook"
# Seventeen minutes of growing pauses, then every ten minutes (core.work): about a day until a telling is parked.
TRIES = 150
Severity = Alert.Severity
LONGEST_SILENCE = dt.timedelta(days=7)


@dataclass(frozen=True)
class _Kind:
    title: LazyText | str
    sentence: LazyText | str


_kinds: dict[str, _Kind] = {}


def register(kind: str, *, title: LazyText | str, sentence: LazyText | str) -> None:
    """Name a kind of alert. `sentence` says what is the matter and what to do, with the facts as `%(name)s`."""
    _kinds[kind] = _Kind(title, sentence)


def title_of(alert: Alert) -> str:
    """What kind of alert it is, in the reader's language."""
    return str(_kinds[alert.kind].title)


def sentence_of(alert: Alert) -> str:
    """What is the matter, in the reader's language."""
    return str(_kinds[alert.kind].sentence) % alert.facts


def raise_alert(kind: str, key: str, *, severity: Alert.Severity, **facts: str | int) -> Alert:
    """Raise the alert of this kind about `key`, or say again that it holds. Part of a transaction.

    Its severity never falls while it lasts. Raises KeyError for a kind that nobody registered, and for a fact that
    its sentence misses.
    """
    require_transaction("raising an alert")
    str(_kinds[kind].sentence) % facts
    now = clock.real_now()
    new: dict[str, Any] = {"severity": severity, "facts": facts, "raised_at": now, "last_raised_at": now}
    new["silent_until"] = _silence_kept(kind, key)
    alert, created = _open_alerts().select_for_update().get_or_create(kind=kind, key=key, defaults=new)
    worse = severity > alert.severity
    if not created:
        alert.severity = max(severity, alert.severity)
        alert.facts, alert.last_raised_at = facts, now
        alert.save(update_fields=["severity", "facts", "last_raised_at"])
    if created or worse:
        _ask_to_tell(alert, delay=alert.silence)
    return alert


def clear(kind: str, key: str, *, by: str, why: str) -> bool:
    """End the alert of this kind about `key`, if there is one; says whether there was. Part of a transaction."""
    alert = _open_alerts().filter(kind=kind, key=key).first()
    if alert is None:
        return False
    alert.end(by=by, why=why)
    return True


@transaction.atomic(durable=True)
def acknowledge(alert: Alert, *, by: str, why: str, silent_for: dt.timedelta = dt.timedelta()) -> None:
    """Take an alert: `by` owns it, and nobody is told of it for `silent_for`; then they are, if it still holds.

    Raises Problem: silence_too_long, wrong_state (409) when it is over.
    """
    if silent_for > LONGEST_SILENCE:
        message = _("An alert can be silent for %(days)s days at most.") % {"days": LONGEST_SILENCE.days}
        raise Problem("silence_too_long", message, field="silent_for")
    alert.acknowledge(by=by, why=why, silent_until=clock.real_now() + silent_for if silent_for else None)
    if silent_for:
        _ask_to_tell(alert, delay=silent_for)


def mail(telling: str) -> work.Again | None:
    """Work "tell_alert": mail the alert to those who are to know. Harmless twice."""
    return tell_by(_send_mail, telling)


def tell_by(send: Callable[[Alert], None], telling: str) -> work.Again | None:
    """Tell the alert by `send`, in the platform's language, once its silence is over, if it still holds then and this
    is its newest telling."""
    alert = _open_alerts().filter(telling=telling).first()
    if alert is None:
        return None
    if alert.silence:
        return work.Again(after=alert.silence)
    with override(settings.LANGUAGE_CODE):
        send(alert)
    return None


def _ask_to_tell(alert: Alert, *, delay: dt.timedelta) -> None:
    alert.telling = next_serial(Serial.ALERT)
    alert.save(update_fields=["telling"])
    for kind, wanted in ((MAIL, settings.ALERT_RECIPIENTS), (CALL, settings.ALERT_WEBHOOK_URL)):
        if wanted:
            work.enqueue(kind, alert.telling, delay=delay)


def _send_mail(alert: Alert) -> None:
    subject = f"[{alert.get_severity_display()}] {title_of(alert)}"
    send_mail(subject, sentence_of(alert), settings.ALERT_SENDER, settings.ALERT_RECIPIENTS)


def _silence_kept(kind: str, key: str) -> dt.datetime | None:
    """Until when the last alert of this kind about `key`, which is over, was silenced."""
    last = Alert.objects.filter(kind=kind, key=key).order_by("-id").first()
    return last.silent_until if last and last.silence else None


def _open_alerts() -> Any:
    return Alert.objects.exclude(status=Alert.Status.CLEARED)
