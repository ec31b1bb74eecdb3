"""What must hold when a campaign is over: each order final and once, our books those of each institution to the fen."""

from collections import Counter
from decimal import Decimal
from typing import Any

from core.models import Alert
from core.money import ZERO
from payments import lateness, ledger, pending
from payments.channels import CHANNELS
from payments.chart import AccountKind, account
from payments.models import OrderKind, OrderStatus, PaymentAttempt, PaymentOrder, Transfer
from payments.tests.orderer import nothing_hangs
from payments.verification import verify
from tests.campaign.books import Their, all_books
from tests.campaign.campaign import Campaign, open_work
from tests.journeys.books import ENDS

PAID = (OrderStatus.SUCCEEDED, OrderStatus.RETURNED)
PROMISED = lateness.PROMISED.total_seconds()
Number = tuple[str, str]  # an institution and our number there


def require_all_well(campaign: Campaign) -> None:
    """Fail with what is not so."""
    wished = {(wish.kind, wish.reference): Decimal(wish.amount) for wish in campaign.size.wishes()}
    placed = list(PaymentOrder.objects.prefetch_related("attempts"))
    assert {(order.kind, order.reference): order.amount for order in placed} == wished, "lost, or not as wished"
    assert len(placed) == len(wished), "doubled"
    assert [order for order in placed if order.is_in_flight] == [], "stuck"
    assert open_work() == []
    books = all_books(campaign.house.sandbox)
    _require_same_orders(books, placed)
    for their in books:
        _require_same_cash(their)
    _require_posted_once(placed)
    assert nothing_hangs()
    assert not pending.in_flight().exists()
    assert verify().fault is None
    assert unwarned() == []


def _require_same_orders(books: list[Their], placed: list[PaymentOrder]) -> None:
    """Whatever stands in an institution's books under our last number there ended here as it ended there, and all that
    we count as paid stands in one of them. Under an earlier number, which another has taken over, nothing was paid.
    """
    theirs = {(their.channel.code, row["serial"]): row for their in books for row in their.rows}
    ours = {_last_number(order): order for order in placed if order.attempts.all()}
    earlier = {number for order in placed for number in _numbers(order)} - ours.keys()
    assert {number: _as_theirs(row) for number, row in theirs.items() if number not in earlier} == {
        number: _as_ours(order) for number, order in ours.items() if order.status in PAID or number in theirs
    }
    assert {theirs[number]["status"] for number in earlier & theirs.keys()} <= {"FAILED"}, "paid twice"


def _require_same_cash(their: Their) -> None:
    cash = account(AccountKind.CHANNEL_CASH, channel=their.channel.code)
    assert (their.channel.code, ledger.balance(cash)) == (their.channel.code, their.cash)
    balances = their.balances
    assert (balances["accounts"], balances["sum"]) == (balances["accounts_from_movements"], "0.00")


def _require_posted_once(placed: list[PaymentOrder]) -> None:
    posted = Counter(Transfer.objects.exclude(purpose="test").values_list("reference", flat=True))
    assert {order.serial: posted[order.serial] for order in placed} == {
        order.serial: _postings(order) for order in placed
    }, "posted twice, or not at all"


def _postings(order: PaymentOrder) -> int:
    """The money leg, what the institution charged for it, and the way back."""
    if order.status not in PAID:
        return 0
    return 1 + bool(order.fee) + (order.status == OrderStatus.RETURNED)


def _numbers(order: PaymentOrder) -> list[Number]:
    return [(attempt.channel, attempt.out_trade_no) for attempt in order.attempts.all()]


def _last_number(order: PaymentOrder) -> Number:
    return _numbers(order)[-1]


def _as_ours(order: PaymentOrder) -> tuple[Any, ...]:
    paid = order.status in PAID
    number, fee = (order.channel_trade_no, order.fee) if paid else ("", ZERO)
    return order.kind, order.status, order.amount, number, fee


def _as_theirs(row: dict[str, Any]) -> tuple[Any, ...]:
    paid = row["status"] in ("SUCCESS", "RETURNED")
    number, fee = (row["channel_serial"], Decimal(row["fee"])) if paid else ("", ZERO)
    return row["kind"], ENDS.get(row["status"]), Decimal(row["amount"]), number, fee


def seconds_to_paid() -> dict[PaymentOrder, float]:
    """How long each payout that was made took from its confirmation."""
    made = PaymentOrder.objects.filter(kind=OrderKind.PAYOUT, status__in=PAID)
    return {one: (one.settled_at - one.confirmed_at).total_seconds() for one in made if one.settled_at}


def unwarned() -> list[PaymentOrder]:
    """Payouts that missed the promise without an alert before."""
    alerts = list(Alert.objects.filter(kind=lateness.KIND))
    late = [order for order, took in seconds_to_paid().items() if took > PROMISED]
    return [order for order in late if not any(_warns(alert, order) for alert in alerts)]


def _warns(alert: Alert, order: PaymentOrder) -> bool:
    return bool(order.confirmed_at < alert.raised_at < order.confirmed_at + lateness.PROMISED)


def report(campaign: Campaign, seed: int, seconds: float) -> str:
    """The figures of a campaign, in lines."""
    took = sorted(seconds_to_paid().values())
    inside = sum(one <= PROMISED for one in took) / len(took)
    statuses = Counter(PaymentOrder.objects.values_list("status", flat=True))
    attempts = Counter(PaymentAttempt.objects.values_list("outcome", flat=True))
    through = Counter(PaymentOrder.objects.filter(status__in=PAID).values_list("channel", flat=True))
    size, house = campaign.size, campaign.house
    return "\n".join(
        [
            f"{size.payouts} payouts and {size.collections} collections, seed {seed}: {seconds:.0f} s",
            f"  ends: {dict(statuses)}; attempts: {dict(attempts)}",
            f"  paid through: { {code: through[code] for code in CHANNELS} }",
            f"  blows: {sum(campaign.blows.values())} {dict(campaign.blows)}",
            f"  ended by themselves, started again: {dict(house.revived) or 'none'}",
            f"  faults: {sum(campaign.faults.values())} {dict(campaign.faults)}",
            f"  payouts inside two hours: {inside:.2%}; median {took[len(took) // 2]:.1f} s,"
            f" 99 of 100 {took[len(took) * 99 // 100]:.1f} s, longest {took[-1]:.1f} s;"
            f" warned of {Alert.objects.filter(kind=lateness.KIND).count()} times",
        ]
    )
