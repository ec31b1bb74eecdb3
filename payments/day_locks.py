"""Locking a reconciled day, unlocking it by two people, and comparing a day again while it is open.

The lock binds people. What a later statement explains of a locked day is still taken back by itself: it is booked on
the day it becomes known and changes no figure of the locked one.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals, work
from core.models import Approval
from core.problems import Problem
from payments import locked_days, reconciliation
from payments.channels import CHANNELS
from payments.models import ReconciledDay, SettlementReport

LOCK = "payments.lock_day"
UNLOCK = "payments.unlock_day"
RERUN = "payments.settle_day"
VERB = "unlock"
WORK = "rerun_day"


def lock(*, officer: User, day: ReconciledDay, why: str) -> None:
    """Lock a settled day of which no difference is open.

    Raises Problem: not_permitted (403), not_settled, differences_open, wrong_state (all 409).
    """
    actor = roles.actor(officer, LOCK)
    with transaction.atomic(durable=True):
        day.lock()
        if not SettlementReport.objects.filter(channel=day.channel, business_date=day.date).exists():
            raise Problem("not_settled", _("Settle this day before locking it."), status=409)
        if reconciliation.open_differences(day.date, day.channel):
            message = _("Differences of this day are still open: settle them before locking it.")
            raise Problem("differences_open", message, status=409)
        day.close(by=actor, why=why)


def propose_unlock(*, officer: User, day: ReconciledDay, why: str) -> None:
    """Ask for a locked day to be opened again.

    Raises Problem: not_permitted (403), reason_missing, already_proposed, not_locked (all 409).
    """
    actor = roles.actor(officer, LOCK)
    with transaction.atomic(durable=True):
        day.lock()
        if day.status != ReconciledDay.Status.LOCKED:
            raise Problem("not_locked", _("This day is not locked."), status=409)
        approvals.propose(day, VERB, by=actor, why=why)


def approve_unlock(*, officer: User, day: ReconciledDay, why: str) -> None:
    """The second person's yes: the day is open again.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, nothing_proposed (409).
    """
    actor = roles.actor(officer, UNLOCK)
    with transaction.atomic(durable=True):
        day.lock()
        proposal = approvals.approve(day, VERB, by=actor, why=why)
        day.reopen(by=actor, why=proposal.why)


def refuse_unlock(*, officer: User, day: ReconciledDay, why: str) -> None:
    """The second person's no, or the first one's second thought: the day stays locked.

    Raises Problem: not_permitted (403), reason_missing, nothing_proposed (409).
    """
    actor = roles.actor(officer, LOCK, UNLOCK)
    with transaction.atomic(durable=True):
        day.lock()
        approvals.refuse(day, VERB, by=actor, why=why)


def pending(day: ReconciledDay) -> Approval | None:
    """The unlocking that waits for a second person."""
    return approvals.pending(day, VERB)


def rerun(*, officer: User, day: ReconciledDay, why: str) -> None:
    """Have a day compared again. Raises Problem: not_permitted (403), day_locked (409)."""
    actor = roles.actor(officer, RERUN)
    with transaction.atomic(durable=True):
        day.lock()
        if day.status == ReconciledDay.Status.LOCKED:
            raise locked_days.day_locked()
        day.rerun(by=actor, why=why)
        work.enqueue(WORK, f"{day.channel}:{day.date}")


def work_off(key: str) -> None:
    """Work "rerun_day". Locked since, the day is left as it is."""
    channel, date = key.split(":")
    if not locked_days.is_locked(dt.date.fromisoformat(date), channel):
        reconciliation.reconcile(CHANNELS[channel], dt.date.fromisoformat(date))
