"""What a rule may ask about: the named facts of an application, their kinds, and their values. Pure.

Amounts are yuan, ratios and probabilities fractions, all exact decimals. A value of None is unknown: it meets no
condition but `== null`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import FEN
from risk.facts import Employment, Housing, Inputs, Purpose
from risk.scoring import Score

Value = Decimal | int | str | bool | None


class Kind(StrEnum):
    """What values an input takes, and so how it may be compared."""

    NUMBER = "number"
    WHOLE = "whole number"
    RATIO = "ratio"
    TEXT = "text"
    YES_NO = "yes or no"


NUMBERS = {Kind.NUMBER, Kind.WHOLE, Kind.RATIO}


@dataclass(frozen=True)
class Input:
    """One named fact. `lowest` is the least value that can occur; `choices` are the only words of a text."""

    words: str | Promise
    kind: Kind
    value: Callable[[Inputs, Score], Value]
    choices: tuple[str, ...] = ()
    lowest: int | None = 0
    may_be_unknown: bool = False
    operators: tuple[str, ...] = ()  # the only ones allowed, where the kind allows too many

    def shown(self, value: Value) -> str:
        """The value as a hit keeps it: ratios with two places."""
        return str(value.quantize(FEN)) if isinstance(value, Decimal) and self.kind == Kind.RATIO else str(value)


def _fact(name: str, words: Any, kind: Kind, choices: Any = (), **more: Any) -> Input:
    return Input(words, kind, lambda inputs, score: getattr(inputs.applicant, name), tuple(map(str, choices)), **more)


def _asked(name: str, words: Any, kind: Kind, choices: Any = (), **more: Any) -> Input:
    return Input(words, kind, lambda inputs, score: getattr(inputs.request, name), tuple(map(str, choices)), **more)


def _of_income(words: Any, part: Callable[[Inputs], Decimal]) -> Input:
    """A part of the month's income; unknown when there is none."""

    def value(inputs: Inputs, score: Score) -> Value:
        income = inputs.applicant.monthly_income
        return part(inputs) / income if income > 0 else None

    return Input(words, Kind.RATIO, value, may_be_unknown=True)


def _elsewhere(name: str, words: Any) -> Input:
    """What other lenders said; unknown where they were not asked, or did not answer."""
    return Input(
        words,
        Kind.WHOLE,
        lambda inputs, score: getattr(inputs.elsewhere, name) if inputs.elsewhere else None,
        may_be_unknown=True,
    )


ID_CARD = ("stored", "agrees", "differs", "unreadable", "missing")
METHODS = ("equal_instalment", "equal_principal", "interest_only", "bullet", "any_day", "flat")

INPUTS: dict[str, Input] = {
    # Of age the law lets us ask one thing: whether the applicant is old enough.
    "age": _fact("age", _("age in years"), Kind.WHOLE, operators=("<",)),
    "employment": _fact("employment", _("kind of work"), Kind.TEXT, Employment),
    "employment_years": _fact("employment_years", _("years in this work"), Kind.WHOLE),
    "housing": _fact("housing", _("home"), Kind.TEXT, Housing),
    "monthly_income": _fact("monthly_income", _("income, yuan a month"), Kind.NUMBER, lowest=None),
    "monthly_expenses": _fact("monthly_expenses", _("expenses, yuan a month"), Kind.NUMBER),
    "monthly_debt": _fact("monthly_debt", _("repayments elsewhere, yuan a month"), Kind.NUMBER),
    "exposure": _fact("exposure", _("owed to us or held, yuan"), Kind.NUMBER),
    "id_card_check": _fact("id_card_check", _("how the ID card picture compares"), Kind.TEXT, ID_CARD),
    "income_proof": _fact("income_proof", _("proof of income handed in"), Kind.YES_NO),
    "device_age_hours": _fact(
        "device_age_hours", _("hours since the device was first seen"), Kind.WHOLE, may_be_unknown=True
    ),
    "amount": _asked("amount", _("amount asked for, yuan"), Kind.NUMBER),
    "term_months": _asked("term_months", _("term in months"), Kind.WHOLE),
    "purpose": _asked("purpose", _("purpose"), Kind.TEXT, Purpose),
    "method": _asked("method", _("repayment method"), Kind.TEXT, METHODS),
    "amount_above_product": Input(
        _("amount asked for beyond the product's largest, yuan"),
        Kind.NUMBER,
        lambda inputs, score: inputs.request.amount - inputs.request.maximum_amount,
        lowest=None,
    ),
    "exposure_with_request": Input(
        _("owed to us or held, with the amount asked for, yuan"),
        Kind.NUMBER,
        lambda inputs, score: inputs.applicant.exposure + inputs.request.amount,
    ),
    "debt_to_income": _of_income(_("repayments elsewhere over income"), lambda inputs: inputs.applicant.monthly_debt),
    "expenses_to_income": _of_income(_("expenses over income"), lambda inputs: inputs.applicant.monthly_expenses),
    "amount_to_income": _of_income(_("amount asked for, in months of income"), lambda inputs: inputs.request.amount),
    "ring_size": Input(
        _("linked customers, the applicant among them"),
        Kind.WHOLE,
        lambda inputs, score: inputs.ring.size if inputs.ring else None,
        lowest=1,
        may_be_unknown=True,
    ),
    "ring_density": Input(
        _("share of pairs among them that are linked"),
        Kind.RATIO,
        lambda inputs, score: inputs.ring.density if inputs.ring else None,
        may_be_unknown=True,
    ),
    "lenders_elsewhere": _elsewhere("owed", _("other lenders that the applicant owes")),
    "applications_elsewhere": _elsewhere("applications", _("applications with other lenders in 30 days")),
    "score": Input(_("score in points"), Kind.WHOLE, lambda inputs, score: score.points, lowest=None),
    "pd": Input(_("probability of default"), Kind.RATIO, lambda inputs, score: score.pd),
}
