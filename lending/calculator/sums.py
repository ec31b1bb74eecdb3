"""Answers about sums that are shared out: a payment over what is due, a total over its parts."""

from typing import Any

from django.utils.translation import gettext as _

from core.money import FEN, ZERO
from lending.allocation import Direction, allocate
from lending.calculator import figures
from lending.calculator.request import Asked
from lending.calculator.terms import read_amounts, read_conventions, read_order, read_unit
from lending.conventions import Conventions
from lending.split import SplitRule, split


def allocation(asked: Asked) -> dict[str, Any]:
    """Kind `allocation`: what is paid on each instalment, and what is left over."""
    conventions = read_conventions(asked)
    due = []
    for item in asked.objects("due", needed=True):
        due.append(read_amounts(item))
        item.nothing_else()
    found = allocate(
        asked.amount("amount", least=ZERO),
        due,
        read_order(asked, "order"),
        asked.choice("direction", Direction, Direction.HORIZONTAL),
    )
    return {
        "paid": [figures.by_component(paid, conventions) for paid in found.paid],
        "left_over": figures.amount(found.left_over, conventions),
    }


def parts(asked: Asked) -> dict[str, Any]:
    """Kind `split`: parts that add up to the total exactly."""
    weights = asked.numbers(asked.one_of("weights", "shares"), needed=True)
    if any(weight < 0 for weight in weights) or not any(weights):
        raise asked.refuse("weights", "bad_weights", _("No weight may be negative, and not all zero."))
    unit = read_unit(asked, "unit") or FEN
    rule = asked.choice("rule", SplitRule, SplitRule.LAST_TAKES_REST)
    total, history = asked.number("total"), asked.numbers("history")
    written = Conventions(round_to=unit)
    found = split(total, weights, unit=unit, rule=rule, history=history)
    return {"parts": [figures.amount(part, written) for part in found]}
