"""Reports over all loans: days past due, classes, roll rates, vintages, expected loss, trial balance.

Figures are as the last day close left them; the trial balance is as of any business date.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from lending import month_ends
from lending.buckets import ALL as BUCKETS
from lending.buckets import bucket
from lending.models import AllowanceRate, Loan
from payments import ledger

STANDING = [Loan.Status.ACTIVE, Loan.Status.OVERDUE]
PAID_OUT = [*STANDING, Loan.Status.CLEARED, Loan.Status.WRITTEN_OFF]
# Above 30 days the risk has grown, above 90 the loan is impaired (domain rules: Interest and repayment).
OVER_30, SHARE_PLACES = 30, Decimal("0.0001")
# The trade's five classes, each above so many days past due.
FIVE_CLASSES = [
    *((_("pass"), -1), (_("special mention"), 0), (_("substandard"), 90)),
    *((_("doubtful"), 270), (_("loss"), 360)),
]
ENDED = "ended"
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
    found = {name: Standing() for name in BUCKETS}
    for dpd, loans in _by_dpd():
        found[bucket(dpd)] += loans
    whole = sum((loans.principal for loans in found.values()), ZERO)
    rows: list[list[Cell]] = [
        [name or "M0", loans.count, loans.principal, _share(loans.principal, whole)] for name, loans in found.items()
    ]
    headers = [_("bucket"), _("loans"), _("principal owed"), _("share of all")]
    return Report(_("Days past due"), headers, rows)


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
    found = {rate: Standing() for rate in rates_in_force(on)}
    for dpd, loans in _by_dpd():
        reached = [rate for rate in found if dpd > rate.above_dpd]
        if reached:
            found[reached[-1]] += loans
    rows: list[list[Cell]] = [
        [
            rate.get_stage_display(),
            loans.count,
            loans.principal,
            rate.rate.normalize(),
            round_money(loans.principal * rate.rate),
        ]
        for rate, loans in found.items()
    ]
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


def roll_rates(on: dt.date) -> Report:
    """Between the two latest month's ends: of the principal in each overdue bucket, what share went to which bucket,
    and what share is settled, written off or taken back."""
    ends = month_ends.last_two(on)
    found: dict[str, dict[str, Decimal]] = {name: {} for name in BUCKETS}
    for before, after, principal in month_ends.rolled(*ends) if ends else []:
        row, to = found[bucket(before)], ENDED if after is None else bucket(after)
        row[to] = row.get(to, ZERO) + principal
    rows: list[list[Cell]] = []
    for name, row in found.items():
        whole = sum(row.values(), ZERO)
        rows.append([name or "M0", whole, *(_share(row.get(to, ZERO), whole) for to in [*BUCKETS, ENDED])])
    headers: list[str | Promise] = [
        _("bucket"),
        _("principal owed"),
        *(name or "M0" for name in BUCKETS),
        _("no longer running"),
    ]
    title = str(_("Roll rates"))
    return Report(f"{title} {ends[0]} → {ends[1]}" if ends else title, headers, rows)


def five_classes(on: dt.date) -> Report:
    """Standing loans by the regulator's five classes, from their days past due alone (domain rules)."""
    found = {name: Standing() for name, _above in FIVE_CLASSES}
    for dpd, loans in _by_dpd():
        found[next(name for name, above in reversed(FIVE_CLASSES) if dpd > above)] += loans
    whole = sum((loans.principal for loans in found.values()), ZERO)
    rows: list[list[Cell]] = [
        [str(name), loans.count, loans.principal, _share(loans.principal, whole)] for name, loans in found.items()
    ]
    return Report(_("Five classes"), [_("class"), _("loans"), _("principal owed"), _("share of all")], rows)


REPORTS: dict[str, Callable[[dt.date], Report]] = {
    "days-past-due": days_past_due,
    "five-classes": five_classes,
    "roll-rates": roll_rates,
    "vintages": vintages,
    "expected-loss": expected_loss,
    "trial-balance": trial_balance,
}


@dataclass(frozen=True)
class Standing:
    """How many loans, and the principal they owe, yuan."""

    count: int = 0
    principal: Decimal = ZERO

    def __add__(self, other: "Standing") -> "Standing":
        return Standing(self.count + other.count, self.principal + other.principal)


def _by_dpd() -> Iterator[tuple[int, Standing]]:
    """Standing loans by days past due."""
    loans = Loan.objects.filter(status__in=STANDING).values("dpd")
    for row in loans.annotate(count=Count("id"), principal=Sum("outstanding_principal")).order_by("dpd"):
        yield row["dpd"], Standing(row["count"], row["principal"])


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(SHARE_PLACES) if whole else ZERO
