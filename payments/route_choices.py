"""Choosing the channel of an order, and keeping the choice with its reasons."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import connection

from core import clock
from core.transactions import require_transaction
from payments import route_rules
from payments.models import OrderKind, PaymentAttempt, PaymentOrder, RouteChoice, RoutingRules
from payments.route_records import records
from payments.routing import Candidate, Choice, Lane, Record, Rules, choose


def route(order: PaymentOrder) -> str | None:
    """The channel for a locked order that may still go through any: chosen now, and kept with all that was looked at.
    None where there is none at present.
    """
    require_transaction("choosing a channel")
    stored = route_rules.in_force()
    choice = _choose(order, route_rules.read(stored))
    _keep(order, stored, choice)
    return choice.channel


def another(order: PaymentOrder) -> str | None:
    """The channel that would be chosen now; None where those that have not refused the order cannot take it."""
    return _choose(order, route_rules.read(route_rules.in_force())).channel


def _choose(order: PaymentOrder, rules: Rules) -> Choice:
    lanes = rules.lanes_for(OrderKind(order.kind))
    late = records(lanes, without=order)
    if _waited_for_others(lanes, late):
        late = records(lanes, without=order)
    refused = order.attempts.filter(outcome=PaymentAttempt.Outcome.REFUSED).values_list("channel", flat=True)
    return choose(
        route_rules.wish_of(order, clock.now()),
        rules=rules,
        records=late,
        now=clock.real_now(),
        tried=set(refused),
    )


def _waited_for_others(lanes: Sequence[Lane], late: dict[str, Record]) -> bool:
    """Who looks at what a channel moved today, or whether it is broken, waits for whoever is just adding to it. Whether
    there was such a channel: then its record is to be read again.
    """
    watched = sorted(
        f"{lane.channel} {lane.kind.value}"
        for lane in lanes
        if lane.day_limit is not None or late[lane.channel].has_tripped
    )
    with connection.cursor() as cursor:
        for watch in watched:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"routing {watch}"])
    return bool(watched)


def _keep(order: PaymentOrder, rules: RoutingRules, choice: Choice) -> None:
    """An order that waits, because there is no channel for it, is not noted again and again."""
    last = order.choices.last()
    if choice.channel is None and last and not last.channel:
        return
    RouteChoice.objects.create(
        order=order,
        rules=rules,
        channel=choice.channel or "",
        candidates=[_written(candidate) for candidate in choice.candidates],
        at=clock.real_now(),
    )


def _written(candidate: Candidate) -> dict[str, Any]:
    return {
        key: value if isinstance(value, float) or value is None else str(value)
        for key, value in asdict(candidate).items()
    }
