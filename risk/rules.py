"""Rule tables: what the law, the product and prudence refuse, cap, note, or leave to a person. Pure.

A document of tables, written by risk officers and kept as a version (risk.rule_sets), is compiled once and then
evaluated in plain Python. A table of hits "first" speaks by its first row that holds, one of hits "collect" by all.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from risk.facts import Hit, Inputs, Severity
from risk.rule_inputs import INPUTS, Value
from risk.rule_language import Condition, parse
from risk.scoring import Score

Document = dict[str, Any]


class Hits(StrEnum):
    """Which rows of a table speak."""

    FIRST = "first"
    COLLECT = "collect"


class RuleOutcome(StrEnum):
    """What a row that holds does."""

    DECLINE = "decline"
    REVIEW = "review"
    NOTE = "note"
    CAP_LIMIT = "cap_limit"  # no more than `cap` yuan
    CAP_RATE = "cap_rate"  # no dearer than `cap` a year, as a fraction, but within the product's range


CAPS = {RuleOutcome.CAP_LIMIT, RuleOutcome.CAP_RATE}
_SEVERITY = {RuleOutcome.DECLINE: Severity.DECLINE, RuleOutcome.REVIEW: Severity.REVIEW}


@dataclass(frozen=True)
class Rule:
    """One row: when all its conditions hold, it speaks with its code."""

    code: str
    conditions: tuple[Condition, ...]
    outcome: RuleOutcome
    cap: Decimal | None
    show: str  # the input whose value the hit keeps, if any
    tests: tuple[tuple[str, Callable[[Value], bool]], ...] = field(compare=False, repr=False)

    def hit(self, values: Mapping[str, Value]) -> Hit:
        """What it says then. A cap is a note with the cap."""
        seen = INPUTS[self.show].shown(values[self.show]) if self.show else ""
        return Hit(self.code, _SEVERITY.get(self.outcome, Severity.NOTE), seen if self.cap is None else str(self.cap))


@dataclass(frozen=True)
class Table:
    """Rows in their order."""

    name: str
    hits: Hits
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Caps:
    """The lowest limit and rate that any row asked for, None where none did, and the codes that capped the limit."""

    limit: Decimal | None = None
    annual_rate: Decimal | None = None
    codes: frozenset[str] = frozenset()


NO_CAPS = Caps()


@dataclass(frozen=True)
class Rules:
    """A compiled rule set. `label` and `digest` are what a decision stores of it."""

    label: str
    digest: str
    tables: tuple[Table, ...]
    inputs: tuple[str, ...]  # those that are asked about or shown

    def check(self, inputs: Inputs, score: Score) -> tuple[list[Hit], Caps]:
        """The hits in the order of the tables, and what they cap."""
        values = {name: INPUTS[name].value(inputs, score) for name in self.inputs}
        speaking = [rule for table in self.tables for rule in _speaking(table, values)]
        return [rule.hit(values) for rule in speaking], _caps(speaking)


def _speaking(table: Table, values: Mapping[str, Value]) -> list[Rule]:
    found = []
    for rule in table.rules:
        for name, test in rule.tests:
            if not test(values[name]):
                break
        else:
            found.append(rule)
            if table.hits is Hits.FIRST:
                break
    return found


def _caps(speaking: list[Rule]) -> Caps:
    capping = [rule for rule in speaking if rule.cap is not None]
    if not capping:
        return NO_CAPS
    caps: dict[RuleOutcome, Decimal] = {}
    for rule in capping:
        assert rule.cap is not None
        caps[rule.outcome] = min(rule.cap, caps.get(rule.outcome, rule.cap))
    codes = frozenset(rule.code for rule in capping if rule.outcome is RuleOutcome.CAP_LIMIT)
    return Caps(caps.get(RuleOutcome.CAP_LIMIT), caps.get(RuleOutcome.CAP_RATE), codes)


def digest_of(document: Document) -> str:
    """SHA-256 over the document, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def compiled(document: Document, *, label: str) -> Rules:
    """The rule set that a document describes, well formed as risk.rule_checks sees to. Raises Problem rule_invalid."""
    tables = tuple(
        Table(table["name"], Hits(table["hits"]), tuple(map(compiled_rule, table["rules"])))
        for table in document["tables"]
    )
    rules = [rule for table in tables for rule in table.rules]
    asked = {name for rule in rules for name, _test in rule.tests} | {rule.show for rule in rules if rule.show}
    return Rules(label, digest_of(document), tables, tuple(sorted(asked)))


def compiled_rule(row: Mapping[str, Any]) -> Rule:
    """One row. Raises Problem rule_invalid for a condition that does not compile."""
    conditions = tuple(map(parse, row["when"]))
    return Rule(
        code=row["code"],
        conditions=conditions,
        outcome=RuleOutcome(row["outcome"]),
        cap=Decimal(row["cap"]) if row["cap"] else None,
        show=row["show"],
        tests=tuple((condition.input, condition.test()) for condition in conditions),
    )
