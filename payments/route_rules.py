"""The routing rules' way into force: one officer drafts a version and tries it out, another publishes it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.card_number import BANKS
from accounts.models import User
from core import approvals, clock
from core.money import ZERO
from core.problems import Problem
from payments.channels import CHANNELS, PAYMENT
from payments.models import OrderKind, PayeeKind, PaymentOrder, RoutingRules
from payments.routing import Lane, Rules, Wish, choose

DRAFT = "payments.draft_routingrules"
PUBLISH = "payments.publish_routingrules"
VERB = "publish"
SIMULATED = dt.timedelta(days=7)
_FIRST_COLLECTION = Lane(PAYMENT.code, kind=OrderKind.COLLECTION, fixed_fee=Decimal("0.50"))


def in_force() -> RoutingRules:
    """The newest published version. Raises RoutingRules.DoesNotExist before the reference data are loaded."""
    return RoutingRules.objects.filter(status=RoutingRules.Status.PUBLISHED).latest("version")


def read(stored: RoutingRules) -> Rules:
    """A version as routing takes it. One that says nothing of collections was written before they found their channel
    by rules: they go where all of them went then.
    """
    lanes = tuple(_lane(line) for line in stored.lanes)
    collecting = any(lane.kind is OrderKind.COLLECTION for lane in lanes)
    return Rules(lanes if collecting else (*lanes, _FIRST_COLLECTION), stored.failed_try_cost)


def _lane(line: dict[str, Any]) -> Lane:
    return Lane(
        kind=OrderKind(line.get("kind", OrderKind.PAYOUT)),
        channel=line["channel"],
        on=line["on"],
        fixed_fee=Decimal(line["fixed_fee"]),
        fee_rate=Decimal(line["fee_rate"]),
        order_limit=Decimal(line["order_limit"]) if line["order_limit"] else None,
        day_limit=Decimal(line["day_limit"]) if line["day_limit"] else None,
        opens=dt.time.fromisoformat(line["opens"]) if line["opens"] else None,
        closes=dt.time.fromisoformat(line["closes"]) if line["closes"] else None,
        banks=frozenset(line["banks"]),
    )


def written(lane: Lane) -> dict[str, Any]:
    """A lane as it is stored."""
    return {
        "kind": lane.kind.value,
        "channel": lane.channel,
        "on": lane.on,
        "fixed_fee": str(lane.fixed_fee),
        "fee_rate": str(lane.fee_rate),
        "order_limit": str(lane.order_limit) if lane.order_limit is not None else "",
        "day_limit": str(lane.day_limit) if lane.day_limit is not None else "",
        "opens": lane.opens.isoformat("minutes") if lane.opens else "",
        "closes": lane.closes.isoformat("minutes") if lane.closes else "",
        "banks": sorted(lane.banks),
    }


def draft_next(*, officer: User) -> RoutingRules:
    """A draft that says what the version in force says. Raises Problem: not_permitted (403), version_taken (409)."""
    actor = roles.actor(officer, DRAFT)
    now = in_force()
    last = RoutingRules.objects.aggregate(last=Max("version"))["last"]
    try:
        with transaction.atomic():
            return RoutingRules.objects.create(
                version=last + 1,
                lanes=[written(lane) for lane in read(now).lanes],
                failed_try_cost=now.failed_try_cost,
                authors=[actor],
            )
    except IntegrityError as rival:
        message = _("Somebody else has just drafted a version: try again.")
        raise Problem("version_taken", message, status=409) from rival


def put_lane(*, officer: User, rules: RoutingRules, lane: Lane) -> None:
    """Set what a draft says of one channel and one kind of order.

    Raises Problem: not_permitted (403), wrong_state (409), lane_contradicts.
    """
    actor = roles.actor(officer, DRAFT)
    _check(lane)
    with transaction.atomic(durable=True):
        rules.lock()
        others = [other for other in read(rules).lanes if (other.channel, other.kind) != (lane.channel, lane.kind)]
        lanes = [written(each) for each in (*others, lane)]
        rules.edit(by=actor, why=f"edited {lane.channel} {lane.kind.value}", lanes=lanes)


def propose(*, officer: User, rules: RoutingRules, why: str) -> None:
    """Lay a draft before a second person. Raises Problem: not_permitted (403), no_channel, wrong_state (both 409)."""
    actor = roles.actor(officer, DRAFT)
    if not all(any(lane.on and _serves_cards(lane) for lane in read(rules).lanes_for(kind)) for kind in OrderKind):
        message = _("No channel is on: nothing could be paid out, or nothing collected any more.")
        raise Problem("no_channel", message, status=409)
    with transaction.atomic(durable=True):
        rules.propose(by=actor, why=why)
        approvals.propose(rules, VERB, by=actor, why=why, authors=rules.authors)


def publish(*, officer: User, rules: RoutingRules, why: str) -> None:
    """The second person's yes: orders go by it from now on.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, nothing_proposed, wrong_state (409).
    """
    actor = roles.actor(officer, PUBLISH)
    with transaction.atomic(durable=True):
        rules.lock()
        approvals.approve(rules, VERB, by=actor, why=why)
        rules.publish(by=actor, why=why)


def send_back(*, officer: User, rules: RoutingRules, why: str) -> None:
    """The second person's no, or an author's second thought. Raises Problem: not_permitted (403), wrong_state (409)."""
    actor = roles.actor(officer, DRAFT, PUBLISH)
    with transaction.atomic(durable=True):
        rules.lock()
        approvals.refuse(rules, VERB, by=actor, why=why)
        rules.send_back(by=actor, why=why)


@dataclass(frozen=True)
class Flow:
    """What would have gone through one channel: orders, yuan, fees in yuan. Channel "" is none."""

    kind: OrderKind
    channel: str
    orders: int
    amount: Decimal
    fees: Decimal


def simulate(rules: RoutingRules) -> list[Flow]:
    """What a version would have chosen for the orders of the last seven days, were all channels well."""
    parsed, flows = read(rules), dict[tuple[OrderKind, str], Flow]()
    fees = {(lane.kind, lane.channel): lane.fee for lane in parsed.lanes}
    since = clock.now() - SIMULATED
    for order in PaymentOrder.objects.filter(created_at__gte=since).order_by("id").iterator():
        wish = wish_of(order, order.created_at)
        chosen = choose(wish, rules=parsed, records={}, now=order.created_at).channel or ""
        key = (wish.kind, chosen)
        so_far = flows.get(key, Flow(*key, 0, ZERO, ZERO))
        fee = fees[key](order.amount) if chosen else ZERO
        flows[key] = Flow(*key, so_far.orders + 1, so_far.amount + order.amount, so_far.fees + fee)
    return sorted(flows.values(), key=lambda flow: (flow.kind, flow.channel))


def wish_of(order: PaymentOrder, at: dt.datetime) -> Wish:
    """What routing must know of an order that is sent at `at` (business time)."""
    able = frozenset(channel.code for channel in CHANNELS.values() if channel.can_take(order))
    return Wish(OrderKind(order.kind), order.amount, order.bank, at.astimezone(clock.BUSINESS_ZONE), able)


def _serves_cards(lane: Lane) -> bool:
    return (lane.kind, PayeeKind.CARD) in CHANNELS[lane.channel].takes


def _check(lane: Lane) -> None:
    hours = (lane.opens, lane.closes)
    faults = [
        ("channel", lane.channel not in CHANNELS),
        ("fixed_fee", lane.fixed_fee < 0),
        ("fee_rate", not 0 <= lane.fee_rate < 1),
        ("order_limit", lane.order_limit is not None and lane.order_limit <= 0),
        ("day_limit", lane.day_limit is not None and lane.day_limit <= 0),
        ("closes", hours.count(None) == 1 or (None not in hours and lane.opens == lane.closes)),
        ("banks", not lane.banks <= set(BANKS)),
    ]
    for field, wrong in faults:
        if wrong:
            raise Problem("lane_contradicts", _("Check this entry: it cannot be so."), field=field)
