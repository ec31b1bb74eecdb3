"""What the regulator allows, by date: no product may promise more (domain rules, Limits and price)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """Amounts in yuan; `all_in_cost` is an annual rate as a fraction, everything contingent included."""

    effective_from: dt.date
    largest_amount: Decimal
    all_in_cost: Decimal
    months_repaid_at_once: int


HISTORY = (Limits(dt.date(2025, 10, 1), Decimal("200000.00"), Decimal("0.24"), 12),)


def in_force(on: dt.date) -> Limits:
    """The limits of a business date. Raises LookupError before the first."""
    known = [limits for limits in HISTORY if limits.effective_from <= on]
    if not known:
        raise LookupError(f"no limits are known for {on}")
    return known[-1]
