"""What risk needs before its first decision: the first rule set, published and deciding."""

import datetime as dt
import json
from pathlib import Path

from django.db import transaction

from core import actors, clock
from risk import backtests, rule_checks, rules
from risk.models import RuleSet, RuleTurn
from risk.rule_turns import FIRST_VERSION

FIRST_RULES = Path(__file__).parent / "rule_sets" / "rules-1.json"
INSTALLER = actors.system("installation")
FIRST_DAY = dt.date(2000, 1, 1)
WHY = "came with the program"


@transaction.atomic
def load() -> None:
    """Load the rules that came with the program, once. Again and again is harmless.

    Raises ValueError when the file was edited: what decided must stay what it was; draft the next version instead.
    """
    document = json.loads(FIRST_RULES.read_text())
    digest = rules.digest_of(document)
    stored = RuleSet.objects.filter(version=FIRST_VERSION).first()
    if stored is None:
        _publish(document, digest)
    elif stored.digest != digest:
        raise ValueError(f"{FIRST_RULES.name} was edited after it decided: draft the next version in the admin")


def _publish(document: rules.Document, digest: str) -> None:
    rule_checks.check(document)
    rule_set = RuleSet(version=FIRST_VERSION, document=document, digest=digest)
    rule_set.save()
    backtests.keep(rule_set, since=FIRST_DAY, until=FIRST_DAY, by=INSTALLER)
    rule_set.propose(by=INSTALLER, why=WHY)
    rule_set.publish(by=INSTALLER, why=WHY)
    RuleTurn.objects.create(
        role=RuleTurn.Role.LIVE,
        rule_set=rule_set,
        effective_at=clock.start_of_day(FIRST_DAY),
        by=INSTALLER,
        why=WHY,
    )
