"""The two-hour promise while it can still be kept: payouts too long on their way raise an alert before they miss it.

One alert an institution, with how many there are and the oldest; orders on which nobody has begun have their own. It
grows severe as the time runs out, and ends with its cause. Real time throughout.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import actors, alerts, clock
from core.alerts import Severity
from core.models import Alert
from payments.models import PaymentOrder
from payments.models.order import IN_FLIGHT, OrderKind

PROMISED = dt.timedelta(hours=2)
SLOW = dt.timedelta(minutes=45)
PRESSING = dt.timedelta(minutes=90)
KIND = "payouts_late"
NOT_SENT = "not sent"
WATCHER = actors.system("promise")


def register() -> None:
    """Name the alert."""
    alerts.register(
        KIND,
        title=_("Payouts may miss two hours"),
        sentence=_(
            "%(count)s payouts are on their way for more than 45 minutes (%(channel)s), the oldest, %(serial)s, for "
            "%(minutes)s minutes. Ask the institution, before two hours are over."
        ),
    )


def slow_payouts() -> QuerySet[PaymentOrder]:
    """Payouts that have been on their way for so long that the promise is in danger."""
    payouts = PaymentOrder.objects.filter(kind=OrderKind.PAYOUT, status__in=IN_FLIGHT)
    return payouts.filter(confirmed_at__lt=clock.real_now() - SLOW)


@transaction.atomic(durable=True)
def watch() -> None:
    """Raise, refresh and end the alerts of the promise. Called every minute."""
    late = sorted(slow_payouts(), key=lambda order: (_where(order), order.confirmed_at))
    raised = [_raise(where, list(orders)) for where, orders in groupby(late, key=_where)]
    for alert in Alert.objects.filter(kind=KIND).exclude(key__in=raised).exclude(status=Alert.Status.CLEARED):
        alert.end(by=WATCHER, why="none is late any more")


def _raise(where: str, orders: Sequence[PaymentOrder]) -> str:
    waited = clock.real_now() - orders[0].confirmed_at
    severity = Severity.CRITICAL if waited >= PRESSING else Severity.WARNING
    minutes = int(waited.total_seconds() // 60)
    facts: dict[str, str | int] = {"count": len(orders), "channel": where, "serial": orders[0].serial}
    alerts.raise_alert(KIND, where, severity=severity, minutes=minutes, **facts)
    return where


def _where(order: PaymentOrder) -> str:
    """The institution that was to pay; orders on which no worker has begun are in one place."""
    return order.channel or NOT_SENT
