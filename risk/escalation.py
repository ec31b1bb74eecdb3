"""The clock of the review queue: what nobody decided in time goes first, may be given back by others, and is told."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import actors, alerts, clock
from core.alerts import Severity
from risk.models import ReviewCase

LATE = "review_late"
WATCHER = actors.system("review queue")
# So long after its due time a case is critical.
CRITICAL_AFTER = dt.timedelta(hours=24)


def register() -> None:
    """Called once, when the app is ready."""
    alerts.register(
        LATE,
        title=_("Review cases past their time"),
        sentence=_(
            "%(count)s review cases are past their time, longest %(serial)s, for %(hours)s hours. Whoever is there may"
            " give back to the queue what others claimed."
        ),
    )


@transaction.atomic
def look() -> None:
    """Escalate the undecided cases whose time is up. One alert tells of all; it ends when none is left."""
    now = clock.now()
    late = ReviewCase.objects.filter(decided_at=None, sla_due_at__lt=now)
    late.filter(escalated_at=None).update(priority=ReviewCase.Priority.ESCALATED, escalated_at=now)
    oldest = late.order_by("sla_due_at").first()
    if oldest is None:
        alerts.clear(LATE, "all", by=WATCHER, why="nothing is past its time")
        return
    late_for = now - oldest.sla_due_at
    alerts.raise_alert(
        LATE,
        "all",
        severity=Severity.CRITICAL if late_for > CRITICAL_AFTER else Severity.WARNING,
        count=late.count(),
        serial=oldest.serial,
        hours=late_for // dt.timedelta(hours=1),
    )
