"""Whether the money is where the story says: in the institution's own books and in our ledger, to the fen."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from config.journey.world import World, wait_for
from lending.models import PartnerSettlement
from payments import day_books, ledger, settlement
from payments.chart import Side
from payments.models import Entry, PaymentOrder, SettlementReport


class BooksDiffer(Exception):
    """The two books do not tell the same story."""


def compare(world: World, loan: dict[str, Any], repayment: dict[str, Any]) -> Decimal:
    """Find payout and repayment in both books. Returns the loan principal now in our ledger. Raises BooksDiffer."""
    _same(world.payout(loan["payout_order"]), loan["payout_order"], Decimal(loan["principal"]))
    _same(world.collection(repayment["order"]), repayment["order"], Decimal(repayment["amount"]))
    owed = _balance(loan["serial"], "loan_principal")
    if owed != Decimal(loan["outstanding_principal"]):
        raise BooksDiffer(f"the ledger holds {owed} of {loan['serial']}, the loan {loan['outstanding_principal']}")
    return owed


def settle(date: dt.date) -> SettlementReport:
    """Settle a business day and wait for its report. Raises BooksDiffer when something is left unexplained."""
    settlement.request(date)
    report: SettlementReport = wait_for(
        f"the settlement of {date}", lambda: SettlementReport.objects.filter(business_date=date).first()
    )
    if not settlement.is_reconciled(report):
        raise BooksDiffer(f"{date} is settled, but differences with the statement are open: see the admin")
    return report


def settle_with_partners(world: World, date: dt.date) -> list[PartnerSettlement]:
    """Wait until what is due to each partner after a settled day is paid, or collected from it. Returns those
    settlements. Raises BooksDiffer when the bank's books say otherwise.
    """
    partners = [each.funder for each in day_books.by_funder(date)]
    wait_for(
        f"the settlements of {date}", lambda: _ended(date).filter(partner__code__in=partners).count() == len(partners)
    )
    moved = list(_ended(date).exclude(order=""))
    for each in moved:
        order = PaymentOrder.objects.get(serial=each.order)
        told = world.at_the_bank(order.kind, order.serial)
        if told is None or Decimal(told["amount"]) != abs(each.amount):
            raise BooksDiffer(f"the bank's books say of {order}: {told}")
    return moved


def _ended(date: dt.date) -> QuerySet[PartnerSettlement]:
    waiting = (PartnerSettlement.Status.DRAWN_UP, PartnerSettlement.Status.ORDERED)
    return PartnerSettlement.objects.filter(business_date=date).exclude(status__in=waiting)


def trial_balance_is_zero(date: dt.date) -> bool:
    """Whether all debits equal all credits up to a business date."""
    rows = ledger.trial_balance(date)
    return sum(row.debits for row in rows) == sum(row.credits for row in rows)


def _same(told: dict[str, Any] | None, serial: str, amount: Decimal) -> None:
    """The institution's books, our order, and our ledger's cash account agree about one movement of money."""
    if told is None or told["status"] != "SUCCESS" or Decimal(told["amount"]) != amount:
        raise BooksDiffer(f"the institution's books say of {serial}: {told}")
    order = PaymentOrder.objects.get(serial=serial)
    moved = _balance(serial, "channel_cash", purpose=order.kind)
    if abs(moved) != amount:
        raise BooksDiffer(f"the ledger moved {moved} for {serial} instead of {amount}")


def _balance(reference: str, kind: str, *, purpose: str = "") -> Decimal:
    """Debits less credits on the accounts of a kind, over the transfers with this reference."""
    entries: list[Entry] = list(ledger.entries_for(reference).filter(account__kind=kind))
    if purpose:
        entries = [entry for entry in entries if entry.transfer.purpose == purpose]
    return sum((entry.amount if entry.side == Side.DEBIT else -entry.amount for entry in entries), Decimal(0))
