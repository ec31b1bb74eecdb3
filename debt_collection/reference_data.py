"""What collections need before the first loan: the strategy table, and whom to offer help."""

import datetime as dt
from decimal import Decimal
from typing import Any

from debt_collection import strategy
from debt_collection.models import HelpRule

# From a quarter on, nearly every second one of the training data did not pay (docs/models.md).
FIRST_RULE: dict[str, Any] = {"scorecard": "behaviour-1", "days_before": 10, "pd_from": Decimal("0.25")}
FIRST_DAY = dt.date(2026, 1, 1)


def load() -> None:
    """Load the first tables. Harmless to repeat."""
    strategy.load_first_steps()
    HelpRule.objects.get_or_create(effective_from=FIRST_DAY, defaults=FIRST_RULE)
