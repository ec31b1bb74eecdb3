"""A set that our checker or the partner refused, written anew as the next version of its date when an officer says so.

Only the newest set: a later one has taken over what stood at its end.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import alerts, work
from core.models import Alert
from core.problems import Problem
from lending.day_files.sending import REJECTED, WRONG
from lending.day_files.writing import WRITE, standing_sets
from lending.models import DayFileSet, Funder, RejectedRow

REWRITE = "lending.rewrite_day_files"
Status = DayFileSet.Status


def write_anew(*, officer: User, made: DayFileSet, why: str) -> None:
    """Have a refused set replaced; its rejected rows are resolved by that, and its alerts over.

    Raises Problem: not_permitted (403), not_refused, later_set_written (both 409).
    """
    actor = roles.actor(officer, REWRITE)
    with transaction.atomic(durable=True):
        partner = Funder.objects.select_for_update(no_key=True).get(pk=made.partner_id)
        made.lock()
        _require_replaceable(made, partner)
        for row in made.rejected.filter(status=RejectedRow.Status.OPEN):
            row.resolve(by=actor, why=why)
        made.replace(by=actor, why=why)
        for kind in (WRONG, REJECTED):
            alerts.clear(kind, made.serial, by=actor, why="the set is written anew")
        work.enqueue(WRITE, f"{made.business_date}/{partner.code}")


def is_refused(made: DayFileSet) -> bool:
    """Whether our checker or the partner does not agree to the set."""
    wrong = Alert.objects.filter(kind=WRONG, key=made.serial).exclude(status=Alert.Status.CLEARED)
    return made.status == Status.REJECTED or (made.status == Status.WRITTEN and wrong.exists())


def _require_replaceable(made: DayFileSet, partner: Funder) -> None:
    if not is_refused(made):
        raise Problem("not_refused", _("Only a set that was refused is written anew."), status=409)
    if standing_sets(partner).filter(business_date__gt=made.business_date).exists():
        message = _("A later set stands on this one: resolve its rejected rows instead.")
        raise Problem("later_set_written", message, status=409)
