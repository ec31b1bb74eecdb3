"""Overdue buckets: M1 is 1 to 30 days past due, M6 151 to 180, M6+ beyond (domain rules, Interest and repayment)."""

DAYS = 30
LAST = 6
NOT_OVERDUE = ""
OVERDUE = [*(f"M{month}" for month in range(1, LAST + 1)), f"M{LAST}+"]
ALL = [NOT_OVERDUE, *OVERDUE]


def bucket(dpd: int) -> str:
    """The bucket of so many days past due; empty when nothing is overdue."""
    return ALL[min((dpd + DAYS - 1) // DAYS, LAST + 1)]


def first_day(name: str) -> int:
    """From how many days past due on the overdue bucket counts. Raises ValueError for a name that is none."""
    return OVERDUE.index(name) * DAYS + 1
