"""Whether a reconciled day is locked, and what it answers then."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from core.problems import Problem
from payments.models import ReconciledDay


def is_locked(date: dt.date, channel: str) -> bool:
    """Whether an officer has locked the reconciled day."""
    return ReconciledDay.objects.filter(date=date, channel=channel, status=ReconciledDay.Status.LOCKED).exists()


def day_locked() -> Problem:
    """What a locked day answers."""
    return Problem("day_locked", _("This day is locked: have it unlocked by a second person first."), status=409)
