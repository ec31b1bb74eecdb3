"""What a rule set must be before anything may be done with it: every row well formed, no row against another. Pure.

Each input's values fall into finitely many cells between the values that a table's conditions name; one sample of
each cell says whether a condition holds there. So a row is a box, a set of cells an input, and whether rows overlap, or
leave a row nothing, is exact. Inputs count as independent of each other: that debt_to_income depends on monthly_income
is not seen.
"""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import combinations, pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.problems import Problem
from risk import reasons
from risk.rule_inputs import INPUTS, NUMBERS, Kind, Value
from risk.rules import CAPS, Document, Hits, Rule, RuleOutcome, compiled_rule

CODE = re.compile(r"[A-Z][A-Z0-9_]{2,39}")
MOST_ROWS = 100
MOST_TABLES = 30
KEYS = {"code", "when", "outcome", "cap", "show", "en", "zh"}
_TEXTS = KEYS - {"when"}
Box = dict[str, frozenset[int]]


def check(document: Document) -> None:
    """Raises Problem rule_invalid or rules_contradict, whose message names table and row."""
    tables = document.get("tables")
    if not isinstance(tables, list) or not 0 < len(tables) <= MOST_TABLES:
        raise Problem("rule_invalid", _("A rule set has from one to %(most)s tables.") % {"most": MOST_TABLES})
    compiled = [_check_table(table) for table in tables]
    names = [table["name"] for table in tables]
    if len(set(names)) < len(names):
        raise Problem("rule_invalid", _("Two tables have the same name: give each its own."))
    _check_codes(tables)
    for table, rows in zip(tables, compiled, strict=True):
        _check_against_each_other(table["name"], Hits(table["hits"]), rows)


def _check_table(table: Any) -> list[Rule]:
    if not isinstance(table, dict) or set(table) != {"name", "hits", "rules"} or not isinstance(table["rules"], list):
        raise Problem("rule_invalid", _("A table has a name, says which of its rows speak, and has rows."))
    name, rows = table["name"], table["rules"]
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 60:
        raise Problem("rule_invalid", _("A table's name has up to 60 letters."))
    if table["hits"] not in list(Hits) or not 0 < len(rows) <= MOST_ROWS:
        message = _("Table “%(table)s” speaks by “first” or “collect”, and has from one to %(most)s rows.")
        raise Problem("rule_invalid", message % {"table": name, "most": MOST_ROWS})
    return [_check_row(name, number, row, Hits(table["hits"])) for number, row in enumerate(rows, start=1)]


def _check_row(table: str, number: int, row: Any, hits: Hits) -> Rule:
    try:
        check_row(row)
        if hits is Hits.COLLECT and not row["when"]:
            raise Problem("rule_invalid", _("A row without conditions belongs at the end of a table of first hits."))
        return compiled_rule(row)
    except Problem as problem:
        raise _at(problem.code, table, number, row, problem.message, problem.field) from None


def check_row(row: Any) -> None:
    """Raises Problem rule_invalid, at its field, when a row by itself is not well formed."""
    if not isinstance(row, dict) or set(row) != KEYS or not isinstance(row["when"], list):
        raise Problem("rule_invalid", _("A row has: %(keys)s.") % {"keys": ", ".join(sorted(KEYS))})
    if not all(isinstance(row[key], str) for key in _TEXTS) or not all(isinstance(line, str) for line in row["when"]):
        raise Problem("rule_invalid", _("Everything in a row is text."))
    if not CODE.fullmatch(row["code"]):
        message = _("A code has from 3 to 40 capital letters, digits and underscores, and begins with a letter.")
        raise Problem("rule_invalid", message, field="code")
    if row["code"] in reasons.REASONS:
        message = _("The code %(code)s has a meaning of its own already: choose another.")
        raise Problem("rule_invalid", message % {"code": row["code"]}, field="code")
    if row["outcome"] not in list(RuleOutcome):
        raise Problem("rule_invalid", _("There is no outcome “%(word)s”.") % {"word": row["outcome"]}, field="outcome")
    if row["show"] and row["show"] not in INPUTS:
        raise Problem("rule_invalid", _("There is no input “%(name)s”.") % {"name": row["show"]}, field="show")
    if missing := [language for language in ("en", "zh") if not 0 < len(row[language].strip()) <= 200]:
        raise Problem("rule_invalid", _("Say the reason in both languages, in up to 200 letters."), field=missing[0])
    _check_cap(RuleOutcome(row["outcome"]), row["cap"])


def _check_cap(outcome: RuleOutcome, cap: str) -> None:
    if outcome not in CAPS:
        if cap:
            raise Problem("rule_invalid", _("Only a cap has a figure."), field="cap")
        return
    highest = 1 if outcome == RuleOutcome.CAP_RATE else 10**7
    try:
        fits = 0 < Decimal(cap) < highest
    except InvalidOperation:
        fits = False
    if not fits:
        message = _("A limit's cap is yuan, a rate's a fraction such as 0.18.")
        raise Problem("rule_invalid", message, field="cap")


def _check_codes(tables: list[dict[str, Any]]) -> None:
    """A code belongs to one table and always says the same: its hit rate then means something."""
    first: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for table in tables:
        for number, row in enumerate(table["rules"], start=1):
            where, same = first.setdefault(row["code"], (table["name"], row))
            if where != table["name"]:
                used = _("the code is used in table “%(other)s” already: choose another.") % {"other": where}
                raise _at("rules_contradict", table["name"], number, row, used, "code")
            if any(row[key] != same[key] for key in ("outcome", "cap", "en", "zh")):
                message = _("another row of this code has another outcome or other words.")
                raise _at("rules_contradict", table["name"], number, row, message, "code")


def _check_against_each_other(table: str, hits: Hits, rows: list[Rule]) -> None:
    samples = _samples(rows)
    boxes = [_box(row, samples) for row in rows]
    for number, (row, box) in enumerate(zip(rows, boxes, strict=True), start=1):
        if not all(box.values()):
            message = _("its conditions exclude each other: it can never hold.")
            raise _at("rules_contradict", table, number, row, message)
    for (first, one), (second, other) in combinations(enumerate(rows), 2):
        if boxes[first] == boxes[second] and _verdict(one) != _verdict(other):
            same = _("it asks the same as row %(other)s and answers differently.") % {"other": first + 1}
            raise _at("rules_contradict", table, second + 1, other, same)
        if hits is Hits.COLLECT and one.code == other.code and _meet(boxes[first], boxes[second]):
            twice = _("it and row %(other)s would say the same code at once: let them exclude each other.")
            raise _at("rules_contradict", table, second + 1, other, twice % {"other": first + 1})
    if hits is Hits.FIRST:
        for place, row in enumerate(rows):
            if _covered(boxes[place], [box for box in boxes[:place] if _meet(box, boxes[place])]):
                message = _("the rows above it take all that it asks for: it can never hold.")
                raise _at("rules_contradict", table, place + 1, row, message)


def _verdict(row: Rule) -> object:
    """A cap goes beside any answer; of the other outcomes there is one."""
    return (row.outcome, row.cap) if row.outcome not in CAPS else "cap"


def _samples(rows: list[Rule]) -> dict[str, list[Value]]:
    """For each input that is asked about: one value of each cell in which all conditions hold alike."""
    named: dict[str, set[Any]] = {}
    for condition in (condition for row in rows for condition in row.conditions):
        named.setdefault(condition.input, set()).add(condition.literal)
    return {name: list(_cells(name, literals)) for name, literals in named.items()}


def _cells(name: str, literals: set[Any]) -> Iterator[Value]:
    asked = INPUTS[name]
    if asked.may_be_unknown:
        yield None
    if asked.kind == Kind.YES_NO:
        yield from (True, False)
    elif asked.kind == Kind.TEXT:
        yield from asked.choices
    elif asked.kind in NUMBERS:
        points = sorted(literal for literal in literals if literal is not None)
        found = _whole(points or [Decimal(0)]) if asked.kind == Kind.WHOLE else _between(points)
        lowest = asked.lowest
        yield from found if lowest is None else {max(value, Decimal(lowest)) for value in found}


def _whole(points: list[Decimal]) -> set[Decimal]:
    return {Decimal(math.floor(point) + step) for point in points for step in (-1, 0, 1)}


def _between(points: list[Decimal]) -> set[Decimal]:
    """The points themselves, and one value in each gap, before the first and after the last."""
    outside = {min(points) - 1, max(points) + 1} if points else {Decimal(0)}
    return {*outside, *points, *((low + high) / 2 for low, high in pairwise(points))}


def _box(row: Rule, samples: dict[str, list[Value]]) -> Box:
    box = {name: frozenset(range(len(values))) for name, values in samples.items()}
    for name, test in row.tests:
        box[name] = frozenset(place for place in box[name] if test(samples[name][place]))
    return box


def _meet(one: Box, other: Box) -> bool:
    return all(one[name] & other[name] for name in one)


def _covered(box: Box, others: list[Box]) -> bool:
    """Whether the others together hold all of the box: what one leaves of it is cut into boxes, each for the rest."""
    if not others:
        return False
    first, rest = others[0], others[1:]
    if not _meet(box, first):
        return _covered(box, rest)
    left = dict(box)
    for name, cells in box.items():
        outside = cells - first[name]
        if outside and not _covered({**left, name: outside}, rest):
            return False
        left[name] = cells & first[name]
    return True


def _at(code: str, table: str, number: int, row: Any, message: Any, field: str | None = None) -> Problem:
    named = row.code if isinstance(row, Rule) else row.get("code", "") if isinstance(row, dict) else ""
    words = _("Table “%(table)s”, row %(row)s (%(code)s): %(message)s")
    where = {"table": table, "row": number, "code": named or "–", "message": message}
    return Problem(code, words % where, field=field)
