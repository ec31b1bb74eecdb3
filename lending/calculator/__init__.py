"""The calculator: one request in, one answer out, by the same pure functions that quote and book real loans.

`manage.py calculate` and `POST /api/v1/calculations/` serve it; `docs/calculator.md` describes it.
"""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from core.problems import Problem
from lending.calculator import loans, rates, schedules, sums
from lending.calculator.request import Asked


class Kind(StrEnum):
    """What may be asked."""

    SCHEDULE = "schedule"
    DAY_COUNT = "day_count"
    APR = "apr"
    PAYOFF = "payoff"
    EVENTS = "events"
    ALLOCATION = "allocation"
    SPLIT = "split"
    CAP = "cap"


ANSWERS: dict[Kind, Callable[[Asked], dict[str, Any]]] = {
    Kind.SCHEDULE: schedules.schedule,
    Kind.DAY_COUNT: rates.day_count,
    Kind.APR: rates.apr,
    Kind.PAYOFF: loans.payoff_of_loan,
    Kind.EVENTS: loans.events,
    Kind.ALLOCATION: sums.allocation,
    Kind.SPLIT: sums.parts,
    Kind.CAP: schedules.cap,
}


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request, with the request's `id` if it has one. Raises Problem, which names the field."""
    asked = Asked(request)
    if not _is_text(request):
        raise Problem("not_text", _("The request contains characters that are not text."))
    found = ANSWERS[asked.choice("kind", Kind)](asked)
    asked.nothing_else(KNOWN)
    return {"id": request["id"], **found} if "id" in request else found


def _is_text(request: Mapping[str, Any]) -> bool:
    """Whether everything in the request can be written as UTF-8; lone surrogates cannot."""
    try:
        json.dumps(request, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


# Every field some kind reads: one that this kind does not need is let pass, one that none knows is refused.
KNOWN = frozenset(
    {
        *("day_count", "rounding", "round_to", "instalment_rounding", "instalment_round_to", "residue", "month_end"),
        *("parts", "interest_on", "principal", "annual_rate", "daily_rate", "rate_per_period", "method", "periods"),
        *("start", "count", "every", "first_due", "instalment", "principal_weights", "grace", "disbursements"),
        *("rate_changes", "fees", "advances", "payments", "time_base", "unit_periods_per_year", "paid", "as_of"),
        *("interest_rule", "events", "penalty", "amount", "due", "order", "direction", "total", "weights", "shares"),
        *("unit", "rule", "history", "limit"),
    }
)
