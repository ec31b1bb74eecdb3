"""Features of how somebody has repaid so far: months and ratios, so that another lender's customers teach about ours.

Pure. The same functions make the features of the training rows and those of a customer of ours.
"""

from dataclasses import dataclass
from decimal import Decimal

from risk.features import ratio

MONTHS = 6  # how many months' ends count
RECENT_MONTHS = 3  # over which what fell due is compared with what was paid
DAYS_OF_MONTH = 30
FEATURES = ("months_late", "worst_months_late", "times_late", "paid_share", "utilisation")


@dataclass(frozen=True)
class Behaviour:
    """What a customer owes and has paid, all loans together; amounts in any one currency."""

    months_late: int  # past due now, begun months counted
    month_ends: tuple[int, ...]  # the same at the last MONTHS months' ends, as many as there were
    fell_due: Decimal  # in the last RECENT_MONTHS months
    paid_of_it: Decimal
    limit: Decimal
    used: Decimal


def months_late(dpd: int) -> int:
    """Days past due as begun months: 1 to 30 days are one."""
    return -(-dpd // DAYS_OF_MONTH)


def features_of(behaviour: Behaviour) -> dict[str, float | None]:
    """The features of FEATURES. What is paid ahead counts as paid; where nothing fell due, the share is unknown."""
    return {
        "months_late": float(behaviour.months_late),
        "worst_months_late": float(max((behaviour.months_late, *behaviour.month_ends))),
        "times_late": float(sum(months > 0 for months in behaviour.month_ends)),
        "paid_share": ratio(min(behaviour.paid_of_it, behaviour.fell_due), behaviour.fell_due),
        "utilisation": ratio(behaviour.used, behaviour.limit),
    }
