"""What a business day moved, by product and by funding partner: beside the settlement of each channel's cash, which the
products' movements add up to. Reckoned from orders and ledger whenever asked; every figure leads to its rows.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from core.money import ZERO
from core.pdf import PaperTable, paper
from payments import ledger
from payments.chart import AccountKind, Side, account
from payments.models import Account, Entry, OrderKind, OrderStatus, PaymentOrder, SettlementReport

MOVED = (OrderStatus.SUCCEEDED, OrderStatus.RETURNED)
ONE_DAY = dt.timedelta(days=1)
MOVEMENTS = ("payouts", "collections", "payouts_returned", "collections_returned", "fees")


@dataclass(frozen=True)
class ProductDay:
    """What customers of one product got and paid, yuan. `opening` and `closing` are what is out with them, net."""

    product: str
    opening: Decimal
    payouts: Decimal
    collections: Decimal
    payouts_returned: Decimal
    collections_returned: Decimal
    fees: Decimal

    @property
    def closing(self) -> Decimal:
        """The opening figure and the day's movements."""
        out = self.payouts - self.payouts_returned
        return self.opening + out - (self.collections - self.collections_returned)


@dataclass(frozen=True)
class FunderDay:
    """What is due to one funding partner, yuan: at the day's beginning, what it grew and shrank by, at its end (net;
    negative where the partner owes us)."""

    funder: str
    account: str
    opening: Decimal
    added: Decimal
    taken: Decimal

    @property
    def net_due(self) -> Decimal:
        """What is due at the end of the day."""
        return self.opening + self.added - self.taken


def by_product(date: dt.date) -> list[ProductDay]:
    """The day's movements of each product with any up to then, by its code."""
    moved = PaymentOrder.objects.filter(status__in=MOVED, settled_on__lte=date)
    payout, collection = Q(kind=OrderKind.PAYOUT), Q(kind=OrderKind.COLLECTION)
    today, before = Q(settled_on=date), Q(settled_on__lt=date)
    back_today, back_before = Q(returned_on=date), Q(returned_on__lt=date)
    rows = moved.values("product").annotate(
        payouts=_amount(payout & today),
        collections=_amount(collection & today),
        payouts_returned=_amount(payout & back_today),
        collections_returned=_amount(collection & back_today),
        fees=Sum("fee", filter=today),
        paid_out=_amount(payout & before),
        paid_out_back=_amount(payout & back_before),
        collected=_amount(collection & before),
        collected_back=_amount(collection & back_before),
    )
    return [_product_day(cast(dict[str, Any], row)) for row in rows.order_by("product")]


def _product_day(row: dict[str, Any]) -> ProductDay:
    sums = {name: amount or ZERO for name, amount in row.items() if name != "product"}
    opening = sums["paid_out"] - sums["paid_out_back"] - (sums["collected"] - sums["collected_back"])
    return ProductDay(row["product"], opening, *(sums[name] for name in MOVEMENTS))


def _amount(condition: Q) -> Sum:
    return Sum(F("amount"), filter=condition)


def by_funder(date: dt.date) -> list[FunderDay]:
    """What is due to each funding partner, by its code."""
    accounts = Account.objects.filter(kind=AccountKind.PARTNER_SETTLEMENT).order_by("owner")
    return [funder_day(each.owner, date) for each in accounts]


def funder_day(funder: str, date: dt.date) -> FunderDay:
    """What is due to the partner of that code."""
    code = account(AccountKind.PARTNER_SETTLEMENT, funder=funder)
    entries = Entry.objects.filter(account=code, transfer__business_date=date)
    sums = entries.aggregate(
        added=Sum("amount", filter=Q(side=Side.CREDIT)), taken=Sum("amount", filter=Q(side=Side.DEBIT))
    )
    return FunderDay(
        funder=funder,
        account=code,
        opening=ledger.balance(code, date - ONE_DAY),
        added=sums["added"] or ZERO,
        taken=sums["taken"] or ZERO,
    )


def tables(date: dt.date) -> list[PaperTable]:
    """The day by channel (as settled), product and funding partner, in words and yuan."""
    moved = [_("payouts"), _("collections"), _("payouts returned"), _("collections returned"), _("fees")]
    names = ("opening", *MOVEMENTS)
    channels = SettlementReport.objects.filter(business_date=date).order_by("channel")
    return [
        PaperTable(
            _("By channel"),
            [[each.channel, *_figures(each, (*names, "other", "closing"))] for each in channels],
            [_("channel"), _("opening balance"), *moved, _("other movements"), _("closing balance")],
        ),
        PaperTable(
            _("By product"),
            [[each.product or "–", *_figures(each, (*names, "closing"))] for each in by_product(date)],
            [_("product"), _("out before"), *moved, _("out after")],
        ),
        PaperTable(
            _("By funding partner"),
            [[each.funder, *_figures(each, ("opening", "added", "taken", "net_due"))] for each in by_funder(date)],
            [_("funding partner"), _("due before"), _("grew by"), _("shrank by"), _("net due")],
        ),
    ]


def _figures(row: object, names: Iterable[str]) -> list[Decimal]:
    return [getattr(row, name) for name in names]


def as_csv(date: dt.date) -> str:
    """The day's tables as CSV, one below the other, in yuan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for table in tables(date):
        writer.writerows([[table.title, date], table.columns, *table.rows, []])
    return out.getvalue()


def as_pdf(date: dt.date) -> bytes:
    """The day's tables on paper."""
    return paper(_("Settlement of %(date)s") % {"date": date}, [_("All amounts in yuan.")], tables(date))
