"""The daily settlement: what a business day moved through each channel, fixed once, beside the institution's
statement.
"""

import csv
import datetime as dt
import io
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, work
from core.models import Work
from core.money import ZERO
from core.problems import Problem
from core.registry import day_settled
from core.serials import Serial, next_serial
from core.work import Again
from payments import ledger, locked_days, reconciliation, statements
from payments.booking import FEE, RETURNED
from payments.channels import CHANNELS, PAYMENT, Channel
from payments.chart import AccountKind, account
from payments.models import Entry, OrderKind, PaymentAttempt, SettlementReport, StatementFile

SETTLE = "settle_day"
NOT_READY_PAUSE = dt.timedelta(minutes=1)
FIGURES = ("opening", "payouts", "collections", "payouts_returned", "collections_returned", "fees", "other", "closing")
STATED = ("stated_out", "stated_in", "stated_fees")


def schedule(channel: Channel, date: dt.date) -> None:
    """See to it, as part of the open transaction, that `date` is settled as soon as its statement can be had."""
    scheduled = Work.objects.filter(kind=SETTLE, key=date.isoformat(), state__in=Work.OPEN)
    if not scheduled.exists():  # asking again would lock the one row of the day for every payment of the day
        delay = statements.ready_at(channel, date) - clock.now()
        work.enqueue(SETTLE, date.isoformat(), delay=max(delay, dt.timedelta()))


def request(date: dt.date) -> None:
    """Have a business day settled now.

    Raises Problem: day_not_over, before its statements are ready, and day_locked (both 409).
    """
    if not _is_ready(date):
        message = _("A day can be settled from 10:00 of the next day.")
        raise Problem("day_not_over", message, status=409, field="date")
    if all(locked_days.is_locked(date, channel.code) for channel in _in_use()):
        raise locked_days.day_locked()
    with transaction.atomic(durable=True):
        parked = Work.objects.filter(kind=SETTLE, key=date.isoformat(), state=Work.State.PARKED).first()
        if parked:
            work.rerun(parked)
        else:
            work.enqueue(SETTLE, date.isoformat())


def work_off(key: str) -> Again | None:
    """Work "settle_day". Woken far too early it does nothing: payments of the day and people ask again."""
    date = dt.date.fromisoformat(key)
    if not _is_ready(date):
        just_missed = clock.now() + NOT_READY_PAUSE >= _ready_at(date)  # by a clock that lags the database's
        return Again(NOT_READY_PAUSE) if just_missed else None
    if not settle_day(date):
        return Again(NOT_READY_PAUSE)
    with transaction.atomic(durable=True):
        for _name, tell in day_settled.all():
            tell(date)
    return None


def settle_day(business_date: dt.date) -> list[SettlementReport]:
    """Fetch the statement of each channel in use, reconcile, and write the day's reports. Again is harmless: figures
    are fixed once.

    Returns an empty list while an institution has no statement to give. Raises Problem for a statement that is broken.
    Neither keeps the other channels waiting.
    """
    reports: list[SettlementReport | None] = []
    troubles = []
    for channel in _in_use():
        try:
            reports.append(_settle(channel, business_date))
        except Problem as trouble:
            troubles.append(trouble)
    if troubles:
        raise troubles[0]
    ready = [report for report in reports if report]
    return ready if len(ready) == len(reports) else []


def is_reconciled(report: SettlementReport) -> bool:
    """Whether the day is settled and nothing about it is left unexplained."""
    return reconciliation.open_differences(report.business_date, report.channel) == 0


def as_csv(report: SettlementReport) -> str:
    """The report as CSV: one figure a line, in yuan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_("settlement report"), report.serial])
    for name in ("business_date", "channel", *FIGURES, *STATED):
        label = report._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        writer.writerow([label, getattr(report, name)])
    writer.writerow([_("open differences"), reconciliation.open_differences(report.business_date, report.channel)])
    return out.getvalue()


def _settle(channel: Channel, date: dt.date) -> SettlementReport | None:
    statement = statements.fetch(channel, date)
    if statement is None:
        return None
    if not locked_days.is_locked(date, channel.code):
        reconciliation.reconcile(channel, date)
    return _report(channel, date, statement)


def _in_use() -> list[Channel]:
    """The payment institution, whose day is settled even where nothing happened, and every other through which we ever
    sent anything: no other can have moved money of ours.
    """
    attempts = PaymentAttempt.objects.all()
    return [one for one in CHANNELS.values() if one is PAYMENT or attempts.filter(channel=one.code).exists()]


def _is_ready(date: dt.date) -> bool:
    return clock.now() >= _ready_at(date)


def _ready_at(date: dt.date) -> dt.datetime:
    return max(statements.ready_at(channel, date) for channel in _in_use())


@transaction.atomic(durable=True)
def _report(channel: Channel, date: dt.date, statement: StatementFile) -> SettlementReport:
    report, _new = SettlementReport.objects.get_or_create(
        business_date=date,
        channel=channel.code,
        defaults={
            "serial": next_serial(Serial.SETTLEMENT),
            "statement": statement,
            "stated_out": statement.sum_out,
            "stated_in": statement.sum_in,
            "stated_fees": statement.fees,
            "settled_at": clock.now(),
            **_figures(channel, date),
        },
    )
    return report


def _figures(channel: Channel, date: dt.date) -> dict[str, Decimal]:
    """The day's movements of the channel's cash by what they were for, between its opening and closing balance."""
    cash = account(AccountKind.CHANNEL_CASH, channel=channel.code)
    entries = Entry.objects.filter(account=cash, transfer__business_date=date).values("transfer__purpose")
    nets: dict[str, Decimal] = dict(entries.annotate(net=ledger.net_debit()).values_list("transfer__purpose", "net"))
    payout, collection = OrderKind.PAYOUT.value, OrderKind.COLLECTION.value
    return {
        "opening": ledger.balance(cash, date - dt.timedelta(days=1)),
        "payouts": -nets.pop(payout, ZERO),
        "collections": nets.pop(collection, ZERO),
        "payouts_returned": nets.pop(payout + RETURNED, ZERO),
        "collections_returned": -nets.pop(collection + RETURNED, ZERO),
        "fees": -nets.pop(FEE, ZERO),
        "other": sum(nets.values(), ZERO),
        "closing": ledger.balance(cash, date),
    }
