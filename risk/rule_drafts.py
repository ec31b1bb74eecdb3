"""A rule set's way to deciding: one officer drafts it and sees what it would have done, another publishes it."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals
from core.problems import Problem
from risk import backtests, rule_checks, rule_turns, rule_words, rules
from risk.models import RuleSet, RuleTurn
from risk.rules import Document

DRAFT = backtests.DRAFT
PUBLISH = rule_turns.PUBLISH
VERB = "publish"


@transaction.atomic
def draft(*, officer: User, document: Document) -> RuleSet:
    """A new draft, the next version. Raises Problem: not_permitted (403), rule_invalid, rules_contradict."""
    actor = roles.actor(officer, DRAFT)
    check(document)
    last = RuleSet.objects.aggregate(last=Max("version"))["last"] or 0
    rule_set = RuleSet(version=last + 1, document=document, digest=rules.digest_of(document), authors=[actor])
    try:
        with transaction.atomic():
            rule_set.save()
    except IntegrityError as rival:
        raise Problem("version_taken", _("Somebody else has just drafted a version: try again."), status=409) from rival
    return rule_set


def draft_next(*, officer: User, rule_set: RuleSet) -> RuleSet:
    """A draft with the tables of a version. Raises Problem: not_permitted (403)."""
    return draft(officer=officer, document=rule_set.document)


@transaction.atomic
def edit(*, officer: User, rule_set: RuleSet, document: Document) -> RuleSet:
    """Other tables for a draft; the officer becomes one of its authors.

    Raises Problem: not_permitted (403), wrong_state (409), rule_invalid, rules_contradict.
    """
    actor = roles.actor(officer, DRAFT)
    check(document)
    rule_set = RuleSet.objects.get(pk=rule_set.pk)
    rule_set.edit(by=actor, why="edited", document=document, digest=rules.digest_of(document))
    return rule_set


def propose(*, officer: User, rule_set: RuleSet, why: str) -> RuleSet:
    """Lay a draft, whose backtest has been seen, before a second person.

    Raises Problem: not_permitted (403), wrong_state, not_backtested (both 409), rule_invalid, rules_contradict.
    """
    actor = roles.actor(officer, DRAFT)
    with transaction.atomic(durable=True):
        rule_set = RuleSet.objects.get(pk=rule_set.pk)
        rule_set.propose(by=actor, why=why)
        _check_ready(rule_set)
        approvals.propose(rule_set, VERB, by=actor, why=why, authors=rule_set.authors)
    return rule_set


def publish(
    *, officer: User, rule_set: RuleSet, why: str, role: RuleTurn.Role, effective_from: dt.date | None = None
) -> RuleSet:
    """The second person's yes: it decides, or is tried in the shadow, at once or from a business date on.

    Raises Problem: not_permitted, same_person (both 403), wrong_state, not_backtested (both 409), date_past,
    rule_invalid, rules_contradict.
    """
    actor = roles.actor(officer, PUBLISH)
    with transaction.atomic(durable=True):
        rule_set = RuleSet.objects.get(pk=rule_set.pk)
        rule_set.lock()
        approvals.approve(rule_set, VERB, by=actor, why=why)
        _check_ready(rule_set)
        rule_set.publish(by=actor, why=why)
        rule_turns.put_in_force(rule_set, role=role, by=actor, why=why, effective_from=effective_from)
    return rule_set


def send_back(*, officer: User, rule_set: RuleSet, why: str) -> RuleSet:
    """The second person's no, or an author's second thought: it is a draft again.

    Raises Problem: not_permitted (403), wrong_state (409).
    """
    actor = roles.actor(officer, DRAFT, PUBLISH)
    with transaction.atomic(durable=True):
        rule_set = RuleSet.objects.get(pk=rule_set.pk)
        rule_set.send_back(by=actor, why=why)
        approvals.refuse(rule_set, VERB, by=actor, why=why)
    return rule_set


def check(document: Document) -> None:
    """Raises Problem rule_invalid or rules_contradict: a row is not well formed, is against another, or says with a
    published code something new.
    """
    rule_checks.check(document)
    for table in document["tables"]:
        for row in table["rules"]:
            known = rule_words.published().get(row["code"])
            if known and (known.en, known.zh) != (row["en"], row["zh"]):
                message = _("The code %(code)s was published with other words, and keeps them: choose a new code.")
                raise Problem("rules_contradict", message % {"code": row["code"]}, field="code")


def _check_ready(rule_set: RuleSet) -> None:
    check(rule_set.document)
    if not backtests.of_content(rule_set):
        message = _("Run a backtest of the draft as it is now first: it shows what would change.")
        raise Problem("not_backtested", message, status=409)
