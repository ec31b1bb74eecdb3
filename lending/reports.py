"""Reports over all loans: days past due, vintages, expected loss and allowance, trial balance.

Figures are as the last day close left them; the trial balance is as of any business date.
"""

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from lending.dues import BUCKET_DAYS, LAST_BUCKET, bucket
from lending.models import AllowanceRate, Loan
from payments import ledger

STANDING = [Loan.Status.ACTIVE, Loan.Status.OVERDUE]
PAID_OUT = [*STANDING, Loan.Status.CLEARED]
# Above 30 days the risk has grown, above 90 the loan is impaired (domain rules: Interest and repayment).
OVER_30, SHARE_PLACES = 30, Decimal("0.0001")
Cell = str | int | Decimal | dt.date


@dataclass(frozen=True)
class Report:
    """A title, column heads, and rows of plain values: amounts in yuan, shares as fractions."""

    title: str | Promise
    headers: Sequence[str | Promise]
    rows: list[list[Cell]]

    def as_csv(self) -> str:
        """The report as CSV, heads first."""
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow([str(header) for header in self.headers])
        writer.writerows(self.rows)
        return out.getvalue()


def days_past_due(on: dt.date) -> Report:
    """Standing loans by overdue bucket: how many, principal owed, its share of all."""
    loans = Loan.objects.filter(status__in=STANDING)
    whole = _principal(loans)
    rows: list[list[Cell]] = []
    for low, high in _bucket_spans():
        found = loans.filter(dpd__gte=low) if high is None else loans.filter(dpd__gte=low, dpd__lte=high)
        principal = _principal(found)
        rows.append([bucket(low) or "M0", found.count(), principal, _share(principal, whole)])
    headers = [_("bucket"), _("loans"), _("principal owed"), _("share of all")]
    return Report(_("Days past due"), headers, rows)


def _bucket_spans() -> list[tuple[int, int | None]]:
    whole = [(month * BUCKET_DAYS + 1, (month + 1) * BUCKET_DAYS) for month in range(LAST_BUCKET)]
    return [(0, 0), *whole, (LAST_BUCKET * BUCKET_DAYS + 1, None)]


def vintages(on: dt.date) -> Report:
    """Loans by the month they were paid out: how much, how much is still owed, how much of it is over 30 days late."""
    late = Q(status__in=STANDING, dpd__gt=OVER_30)
    months = (
        Loan.objects.filter(status__in=PAID_OUT)
        .annotate(month=TruncMonth("value_date"))
        .values("month")
        .annotate(
            count=Count("id"),
            lent=Sum("principal"),
            owed=Sum("outstanding_principal"),
            late=Sum("outstanding_principal", filter=late),
        )
        .order_by("month")
    )
    rows: list[list[Cell]] = [
        [
            f"{month['month']:%Y-%m}",
            month["count"],
            *(month["lent"], month["owed"], month["late"] or ZERO),
            _share(month["late"] or ZERO, month["lent"]),
        ]
        for month in months
    ]
    headers = [_("paid out in"), _("loans"), _("lent"), _("still owed"), _("over 30 days late"), _("share of lent")]
    return Report(_("Vintages"), headers, rows)


def expected_loss(on: dt.date) -> Report:
    """Standing loans by expected-loss stage, and what is to be set aside for them by the rates in force."""
    rates = rates_in_force(on)
    rows: list[list[Cell]] = []
    for place, rate in enumerate(rates):
        loans = Loan.objects.filter(status__in=STANDING, dpd__gt=rate.above_dpd)
        if place + 1 < len(rates):
            loans = loans.filter(dpd__lte=rates[place + 1].above_dpd)
        principal = _principal(loans)
        allowance = round_money(principal * rate.rate)
        rows.append([rate.get_stage_display(), loans.count(), principal, rate.rate.normalize(), allowance])
    headers = [_("stage"), _("loans"), _("principal owed"), _("rate of allowance"), _("allowance")]
    return Report(_("Expected loss and allowance"), headers, rows)


def rates_in_force(on: dt.date) -> list[AllowanceRate]:
    """The rate of each stage in force on a business date, stage 1 first."""
    newest = AllowanceRate.objects.filter(effective_from__lte=on).order_by("stage", "-effective_from").distinct("stage")
    return list(newest)


def trial_balance(on: dt.date) -> Report:
    """Every account's debits and credits up to the end of a business date, and their equal sums."""
    balances = ledger.trial_balance(on)
    rows: list[list[Cell]] = [[row.account, row.debits, row.credits] for row in balances]
    debits, credits = sum((row.debits for row in balances), ZERO), sum((row.credits for row in balances), ZERO)
    rows.append([str(_("sum")), debits, credits])
    return Report(_("Trial balance"), [_("account"), _("debits"), _("credits")], rows)


REPORTS: dict[str, Callable[[dt.date], Report]] = {
    "days-past-due": days_past_due,
    "vintages": vintages,
    "expected-loss": expected_loss,
    "trial-balance": trial_balance,
}


def _principal(loans: QuerySet[Loan]) -> Decimal:
    return loans.aggregate(whole=Sum("outstanding_principal"))["whole"] or ZERO


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(SHARE_PLACES) if whole else ZERO
