"""A set that our checker or the partner refused, written anew as the next version of its date when an officer says so;
or, where only our checker did, checked once more.

Only the newest set is written anew: a later one has taken over what stood at its end.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import alerts, work
from core.problems import Problem
from lending.day_files.layout import PLANS, SUMMARY
from lending.day_files.sending import REJECTED, WRONG, found_wrong, locked_unless_checked
from lending.day_files.writing import SEND, WRITE, standing_sets
from lending.models import DayFileSet, Funder, RejectedRow, ToldLoan

REWRITE = "lending.rewrite_day_files"
Status = DayFileSet.Status


def write_anew(*, officer: User, made: DayFileSet, why: str) -> None:
    """Have a refused set replaced; its rejected rows are resolved by that, and its alerts over.

    Raises Problem: not_permitted (403), being_checked, not_refused, later_set_written, written_before_versions (all
    409).
    """
    actor = roles.actor(officer, REWRITE)
    with transaction.atomic(durable=True):
        partner = Funder.objects.select_for_update(no_key=True).get(pk=made.partner_id)
        made = _locked(made)
        _require_replaceable(made, partner)
        for row in made.rejected.filter(status=RejectedRow.Status.OPEN):
            row.resolve(by=actor, why=why)
        made.replace(by=actor, why=why)
        for kind in (WRONG, REJECTED):
            alerts.clear(kind, made.serial, by=actor, why="the set is written anew")
        work.enqueue(WRITE, f"{made.business_date}/{partner.code}")


def is_refused(made: DayFileSet) -> bool:
    """Whether our checker or the partner does not agree to the set."""
    return made.status == Status.REJECTED or found_wrong(made)


def check_again(*, officer: User, made: DayFileSet, why: str) -> None:
    """Have a set that our checker refused checked once more, and sent if it is right now.

    Raises Problem: not_permitted (403), being_checked, not_refused (both 409).
    """
    actor = roles.actor(officer, REWRITE)
    with transaction.atomic(durable=True):
        made = _locked(made)
        if not found_wrong(made):
            raise Problem("not_refused", _("Only a set that our checker refused is checked again."), status=409)
        alerts.clear(WRONG, made.serial, by=actor, why=why)
        work.enqueue(SEND, made.serial)


def _locked(made: DayFileSet) -> DayFileSet:
    free = locked_unless_checked(made.serial)
    if free is None:
        raise Problem("being_checked", _("This set is being checked: try again in a few minutes."), status=409)
    return free


def _require_replaceable(made: DayFileSet, partner: Funder) -> None:
    if not is_refused(made):
        raise Problem("not_refused", _("Only a set that was refused is written anew."), status=409)
    if standing_sets(partner).filter(business_date__gt=made.business_date).exists():
        message = _("A later set stands on this one: resolve its rejected rows instead.")
        raise Problem("later_set_written", message, status=409)
    if _tells_events(made) and not ToldLoan.objects.filter(set=made).exists():
        message = _("This set was written before sets had versions: a new one would lack what it told.")
        raise Problem("written_before_versions", message, status=409)


def _tells_events(made: DayFileSet) -> bool:
    """An event is booked, or it makes a plan anew."""
    return made.files.filter(name__in=(SUMMARY.name, PLANS.name), rows__gt=0).exists()
