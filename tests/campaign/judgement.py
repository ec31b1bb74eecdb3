"""What must hold when a campaign is over: every order final and once, both books the same to the fen."""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import F

from core.money import ZERO
from payments.models import OrderKind, OrderStatus, PaymentOrder, Transfer
from payments.tests.orderer import cash, nothing_hangs
from payments.verification import verify
from tests.campaign.campaign import Campaign, open_work
from tests.journeys.books import ENDS, their_cash

PAID = (OrderStatus.SUCCEEDED, OrderStatus.RETURNED)
PROMISE_SECONDS = 2 * 3600


def require_all_well(campaign: Campaign) -> None:
    """Fail with what is not so."""
    wished = {(kind, reference): Decimal(amount) for kind, amount, reference in campaign.size.wishes()}
    placed = list(PaymentOrder.objects.all())
    assert {(order.kind, order.reference): order.amount for order in placed} == wished, "lost, or not as wished"
    assert len(placed) == len(wished), "doubled"
    assert [order for order in placed if order.is_in_flight] == [], "stuck"
    assert open_work() == []
    _require_same_books(campaign, placed)
    assert nothing_hangs()
    assert verify().fault is None


def _require_same_books(campaign: Campaign, placed: list[PaymentOrder]) -> None:
    theirs = {
        row["serial"]: row for kind in OrderKind.values for row in campaign.house.sandbox.book(f"{kind}s")[f"{kind}s"]
    }
    ours = {order.serial: order for order in placed if order.status in PAID or order.serial in theirs}
    assert {serial: _as_ours(order) for serial, order in ours.items()} == {
        serial: _as_theirs(row) for serial, row in theirs.items()
    }
    assert cash() == their_cash(campaign.house.sandbox)
    balances = campaign.house.sandbox.book("balances")
    assert (balances["accounts"], balances["sum"]) == (balances["accounts_from_movements"], "0.00")
    posted = Counter(Transfer.objects.exclude(purpose="test").values_list("reference", flat=True))
    expected = {
        order.serial: {OrderStatus.SUCCEEDED: 2, OrderStatus.RETURNED: 3}.get(order.status, 0) for order in placed
    }
    assert {serial: posted[serial] for serial in expected} == expected, "posted twice, or not at all"


def _as_ours(order: PaymentOrder) -> tuple[Any, ...]:
    paid = order.status in PAID
    number, fee = (order.channel_trade_no, order.fee) if paid else ("", ZERO)
    return order.kind, order.status, order.amount, number, fee


def _as_theirs(row: dict[str, Any]) -> tuple[Any, ...]:
    paid = row["status"] in ("SUCCESS", "RETURNED")
    number, fee = (row["channel_serial"], Decimal(row["fee"])) if paid else ("", ZERO)
    return row["kind"], ENDS.get(row["status"]), Decimal(row["amount"]), number, fee


def report(campaign: Campaign, seed: int, seconds: float) -> str:
    """The figures of a campaign, in lines."""
    took = sorted(
        delta.total_seconds()
        for delta in PaymentOrder.objects.filter(status__in=PAID).values_list(
            F("settled_at") - F("confirmed_at"), flat=True
        )
    )
    statuses = Counter(PaymentOrder.objects.values_list("status", flat=True))
    attempts = Counter(PaymentOrder.objects.values_list("attempts__outcome", flat=True))
    inside = sum(one <= PROMISE_SECONDS for one in took) / len(took)
    size = campaign.size
    return "\n".join(
        [
            f"{size.payouts} payouts and {size.collections} collections, seed {seed}: {seconds:.0f} s",
            f"  ends: {dict(statuses)}; attempts: {dict(attempts)}",
            f"  blows: {sum(campaign.blows.values())} {dict(campaign.blows)}",
            f"  ended by themselves, started again: {dict(campaign.house.revived) or 'none'}",
            f"  faults: {sum(campaign.faults.values())} {dict(campaign.faults)}",
            f"  paid inside two hours: {inside:.2%}; median {took[len(took) // 2]:.1f} s,"
            f" 99 of 100 {took[len(took) * 99 // 100]:.1f} s, longest {took[-1]:.1f} s",
        ]
    )
