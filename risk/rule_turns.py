"""Which rule set decides, and which is tried in its shadow; how that changes, and how one goes back."""

import datetime as dt
from functools import cache

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.problems import Problem
from core.transactions import require_transaction
from risk import jdm, rules
from risk.models import RuleSet, RuleTurn
from risk.rules import Rules

PUBLISH = "risk.publish_ruleset"
FIRST_VERSION = 1  # decisions made before rules were versions were made by what became this one


def in_force() -> tuple[Rules, Rules | None]:
    """The rule set that decides now, and the one in its shadow. Raises LookupError when none decides.

    The last word counts: a turn that was said later replaces one that was said before, even one yet to begin.
    """
    turns = RuleTurn.objects.filter(effective_at__lte=clock.now()).order_by("role", "-id").distinct("role")
    found = {role: which for role, *which in turns.values_list("role", "rule_set__version", "rule_set__digest")}
    if RuleTurn.Role.LIVE not in found:
        raise LookupError("no rule set decides: run `manage.py load_reference_data`")
    shadow = found.get(RuleTurn.Role.SHADOW, [None])
    return _compiled(*found[RuleTurn.Role.LIVE]), _compiled(*shadow) if shadow[0] else None


def load(label: str) -> Rules:
    """The rule set that a decision names; none: the first. Raises RuleSet.DoesNotExist."""
    version = version_of(label)
    return _compiled(version, RuleSet.objects.values_list("digest", flat=True).get(version=version))


def as_jdm(label: str) -> str:
    """The rule set with this label as JDM. Raises Problem unknown_rules (404)."""
    rule_set = next((each for each in RuleSet.objects.all() if each.label == label), None)
    if rule_set is None:
        labels = ", ".join(each.label for each in RuleSet.objects.order_by("version"))
        message = _("There is no rule set %(label)s. There are: %(labels)s.")
        raise Problem("unknown_rules", message % {"label": label, "labels": labels}, status=404)
    return jdm.written(rule_set.document, label=label, digest=rule_set.digest)


def version_of(label: str) -> int:
    """The version in a label, as decisions store it; the first where there is none."""
    return int(label.rpartition("-")[2]) if label else FIRST_VERSION


@cache
def _compiled(version: int, digest: str) -> Rules:
    """Compiled once a process: what has this digest has this content."""
    row = RuleSet.objects.get(version=version, digest=digest)
    return rules.compiled(row.document, label=row.label)


def turn(
    *, officer: User, rule_set: RuleSet, role: RuleTurn.Role, why: str, effective_from: dt.date | None = None
) -> RuleTurn:
    """Let a published rule set decide, or be tried in the shadow: at once, or from the beginning of a business date.

    An author does not let the own rules decide, unless they have decided before: going back needs no second person.
    Raises Problem: not_permitted, same_person (both 403), not_published (409), date_past, reason_missing.
    """
    actor = roles.actor(officer, PUBLISH)
    with transaction.atomic(durable=True):
        rule_set = RuleSet.objects.get(pk=rule_set.pk)
        rule_set.lock()
        return put_in_force(rule_set, role=role, by=actor, why=why, effective_from=effective_from)


def put_in_force(
    rule_set: RuleSet, *, role: RuleTurn.Role, by: str, why: str, effective_from: dt.date | None = None
) -> RuleTurn:
    """The same, part of the caller's transaction, on a row that it locked."""
    require_transaction("putting rules in force")
    if rule_set.status != RuleSet.Status.PUBLISHED:
        raise Problem("not_published", _("Only a published rule set can be put in force."), status=409)
    if not why.strip():
        raise Problem("reason_missing", _("Say why."), field="why")
    if role == RuleTurn.Role.LIVE and by in rule_set.authors and not has_decided(rule_set):
        raise Problem("same_person", _("You had a hand in this: somebody else must decide."), status=403)
    return RuleTurn.objects.create(
        role=role, rule_set=rule_set, effective_at=_moment(effective_from), by=by, why=why.strip()
    )


def _moment(date: dt.date | None) -> dt.datetime:
    now = clock.now()
    if date is None or date == clock.today():
        return now
    if date < clock.today():
        raise Problem("date_past", _("Choose today or a later day."), field="effective_from")
    return clock.start_of_day(date)


def end_shadow(*, officer: User, why: str) -> RuleTurn:
    """Nothing is tried in the shadow any more. Raises Problem: not_permitted (403), reason_missing."""
    actor = roles.actor(officer, PUBLISH)
    if not why.strip():
        raise Problem("reason_missing", _("Say why."), field="why")
    return RuleTurn.objects.create(
        role=RuleTurn.Role.SHADOW, rule_set=None, effective_at=clock.now(), by=actor, why=why.strip()
    )


def has_decided(rule_set: RuleSet) -> bool:
    """Whether it decides, or did before."""
    return rule_set.turns.filter(role=RuleTurn.Role.LIVE, effective_at__lte=clock.now()).exists()
