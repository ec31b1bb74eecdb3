"""Conditions as officers write them: `debt_to_income > 0.40`, `purpose in ["travel", "medical"]`. Pure.

    condition   input, operator, value
    operator    < <= > >= == for numbers; == != in, not in for texts; == with true or false; == != with null
    value       a number, a text in quotes, a list of such in brackets, true, false, null

The same is one condition of the ZEN expression language, in which decision tables travel as JDM.
"""

import json
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.problems import Problem
from risk.rule_inputs import INPUTS, NUMBERS, Kind, Value

Literal = Decimal | str | bool | tuple[str, ...] | None

_LINE = re.compile(r"(?P<input>[a-z_]+)\s*(?P<operator><=|>=|==|!=|<|>|not\s+in\b|in\b)\s*(?P<literal>.+)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda value, words: value in words,
    "not in": lambda value, words: value not in words,
}
_FITTING = {
    **dict.fromkeys(NUMBERS, ("<", "<=", ">", ">=", "==")),
    Kind.TEXT: ("==", "!=", "in", "not in"),
    Kind.YES_NO: ("==",),
}


@dataclass(frozen=True)
class Condition:
    """One question about one input."""

    input: str
    operator: str
    literal: Literal

    def __str__(self) -> str:
        return f"{self.input} {self.cell}"

    @property
    def cell(self) -> str:
        """What stands after the input: a cell of a decision table."""
        literal = self.literal
        shown = str(literal) if isinstance(literal, Decimal) else json.dumps(literal, ensure_ascii=False)
        return f"{self.operator} {shown}"

    def test(self) -> Callable[[Value], bool]:
        """The question as a function of the input's value. An unknown value meets nothing but `== null`."""
        compare, literal = _COMPARE[self.operator], self.literal
        if literal is None:
            return (lambda value: value is None) if self.operator == "==" else (lambda value: value is not None)
        if not INPUTS[self.input].may_be_unknown:
            return lambda value: compare(value, literal)
        return lambda value: value is not None and compare(value, literal)


def parse(line: str) -> Condition:
    """The condition that a line states. Raises Problem rule_invalid, saying what is wrong with it."""
    match = _LINE.fullmatch(line.strip())
    if not match:
        raise _invalid(_("“%(line)s” is no condition: write an input, a comparison and a value, as in age < 18."), line)
    name, verb = match["input"], " ".join(match["operator"].split())
    if name not in INPUTS:
        raise _invalid(_("There is no input “%(name)s”."), line, name=name)
    condition = Condition(name, verb, _literal(match["literal"].strip(), line))
    _check_fits(condition, line)
    return condition


def _literal(text: str, line: str) -> Literal:
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    try:
        value = json.loads(text)
    except ValueError:
        value = {}
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return tuple(value)
    if value is None or isinstance(value, bool | str):
        return value
    message = _("“%(text)s” is no value: write a number, a word in double quotes, a list of them in brackets, or true.")
    raise _invalid(message, line, text=text)


def _check_fits(condition: Condition, line: str) -> None:
    asked, literal = INPUTS[condition.input], condition.literal
    if literal is None:
        if not asked.may_be_unknown or condition.operator not in ("==", "!="):
            raise _invalid(_("In “%(line)s”, %(name)s is never unknown."), line, name=condition.input)
        return
    if condition.operator not in (asked.operators or _FITTING[asked.kind]):
        raise _invalid(
            _("“%(line)s”: %(name)s cannot be asked by “%(verb)s”."),
            line,
            name=condition.input,
            verb=condition.operator,
        )
    if not _is_of(asked.kind, condition.operator, literal):
        raise _invalid(_("“%(line)s”: %(name)s is not compared with such a value."), line, name=condition.input)
    words = literal if isinstance(literal, tuple) else (literal,) if isinstance(literal, str) else ()
    if strange := [word for word in words if word not in asked.choices]:
        message = _("“%(line)s”: %(name)s is never “%(word)s”. It is one of: %(choices)s.")
        raise _invalid(message, line, name=condition.input, word=strange[0], choices=", ".join(asked.choices))


def _is_of(kind: Kind, verb: str, literal: Literal) -> bool:
    if kind in NUMBERS:
        return isinstance(literal, Decimal)
    if kind == Kind.YES_NO:
        return isinstance(literal, bool)
    return isinstance(literal, tuple) if verb.endswith("in") else isinstance(literal, str)


def _invalid(message: Any, line: str, **details: Any) -> Problem:
    return Problem("rule_invalid", message % {"line": line.strip(), **details}, field="when")
