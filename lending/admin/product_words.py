"""Conventions and components in words, for the people who choose among them."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from lending.allocation import Component
from lending.conventions import InterestOn, MonthEnd, Parts, Residue, Rounding
from lending.products import DAY_COUNT_WORDS

COMPONENTS = {
    Component.PENALTY: _("penalty interest"),
    Component.FEE: _("fee"),
    Component.INTEREST: _("interest"),
    Component.PRINCIPAL: _("principal"),
}
ROUNDINGS = [
    (Rounding.HALF_UP.value, _("half up")),
    (Rounding.HALF_EVEN.value, _("half to even")),
    (Rounding.UP.value, _("up")),
    (Rounding.DOWN.value, _("down")),
]
DAY_COUNTS = [(day_count.value, words) for day_count, words in DAY_COUNT_WORDS.items()]
# Each convention: what it decides, and what may be chosen.
CONVENTIONS = {
    "day_count": (_("days of interest"), DAY_COUNTS),
    "rounding": (_("rounding"), ROUNDINGS),
    "residue": (
        _("what rounding leaves over"),
        [
            (Residue.LAST.value, _("the last instalment takes it")),
            (Residue.FIRST.value, _("the first instalment takes it")),
            (Residue.SPREAD.value, _("spread, so that the last differs least")),
        ],
    ),
    "month_end": (
        _("the 31st in a shorter month"),
        [
            (MonthEnd.CLAMP.value, _("its last day, then the 31st again")),
            (MonthEnd.ROLL.value, _("its last day, and that day from then on")),
        ],
    ),
    "parts": (
        _("a period in parts"),
        [(Parts.SUM.value, _("round the sum of its parts")), (Parts.EACH.value, _("round each part"))],
    ),
    "interest_on": (
        _("interest runs on"),
        [
            (InterestOn.SCHEDULED.value, _("the scheduled balance; late principal bears penalty only")),
            (InterestOn.OUTSTANDING.value, _("the principal outstanding; late principal bears interest too")),
        ],
    ),
}


def in_words(order: Iterable[str]) -> str:
    """An allocation order as an officer reads it."""
    return " → ".join(str(COMPONENTS[Component(part)]) for part in order)
