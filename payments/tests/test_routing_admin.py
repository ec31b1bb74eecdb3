"""Finance officers edit the routing rules: one drafts and tries out, another publishes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts import staff
from accounts.roles import Role
from core.problems import Problem
from payments import route_rules
from payments.channels import CHANNELS
from payments.models import OrderKind, RoutingRules
from payments.routing import Lane
from payments.tests.driving import work_until
from payments.tests.orderer import order
from payments.tests.routes import rule

pytestmark = pytest.mark.usefixtures("committed_db", "in_english")


@pytest.fixture
def ann():
    return staff.hire(username="ann", password="long-enough-7!", role=Role.FINANCE_OFFICER)


@pytest.fixture
def ben():
    return staff.hire(username="ben", password="long-enough-7!", role=Role.FINANCE_OFFICER)


def press(client, rules, verb, **given):
    url = reverse(f"admin:payments_routingrules_{verb}", args=[rules.pk])
    return client.post(url, {**given, "_form_submitted": "1"})


def page(client, row):
    name = f"admin:payments_{type(row)._meta.model_name}_change"
    return client.get(reverse(name, args=[row.pk])).content.decode()


def test_one_drafts_sees_what_it_would_have_done_and_another_publishes(client, ann, ben, sandbox, orderer):
    paid = work_until(order("1000.00"), "succeeded")
    client.force_login(ann)
    client.get(reverse("admin:payments_routingrules_draft_next", args=[route_rules.in_force().pk]))
    draft = RoutingRules.objects.latest("version")
    lane = {"kind": "payout", "channel": "payment", "on": "on", "fixed_fee": "0.30", "fee_percent": "0.1"}
    lane["order_limit"] = "50000"
    assert "HX-Redirect" in press(client, draft, "put_lane", **lane, opens="08:00", closes="20:00").headers
    kept = route_rules.read(RoutingRules.objects.get(pk=draft.pk)).lanes_for(OrderKind.PAYOUT)[-1]
    assert (kept.fee(Decimal("1000.00")), kept.order_limit) == (Decimal("1.30"), Decimal("50000"))
    press(client, draft, "put_lane", **lane)
    assert "¥1.30" in page(client, draft)
    press(client, draft, "propose", why="cheaper")
    press(client, draft, "publish", why="me too")
    assert RoutingRules.objects.get(pk=draft.pk).status == "proposed", "its author cannot publish it"
    client.force_login(ben)
    press(client, draft, "publish", why="checked")
    assert route_rules.in_force() == draft
    assert "¥1.00" in page(client, paid.choices.get())
    with pytest.raises(IntegrityError, match="append-only"):
        RoutingRules.objects.filter(pk=draft.pk).update(lanes=[])


@pytest.mark.parametrize(
    ("lane", "field"),
    [
        (Lane("nowhere"), "channel"),
        (Lane("payment", fixed_fee=Decimal(-1)), "fixed_fee"),
        (Lane("payment", fee_rate=Decimal(1)), "fee_rate"),
        (Lane("payment", order_limit=Decimal(0)), "order_limit"),
        (Lane("payment", day_limit=Decimal(0)), "day_limit"),
        (Lane("payment", banks=frozenset({"MOON"})), "banks"),
    ],
)
def test_what_cannot_be_is_refused(ann, lane, field):
    draft = route_rules.draft_next(officer=ann)
    with pytest.raises(Problem, match="lane_contradicts") as refused:
        route_rules.put_lane(officer=ann, rules=draft, lane=lane)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", OrderKind)
def test_rules_that_stop_every_order_of_a_kind_are_not_proposed(ann, kind):
    draft = route_rules.draft_next(officer=ann)
    for channel in set(CHANNELS) - {"wechat"}:  # which takes no order of most customers
        route_rules.put_lane(officer=ann, rules=draft, lane=Lane(channel, kind=kind, on=False))
    with pytest.raises(Problem, match="no_channel"):
        route_rules.propose(officer=ann, rules=RoutingRules.objects.get(pk=draft.pk), why="x")


def test_a_lane_is_for_one_kind_of_order_and_replaces_no_other(ann):
    draft = route_rules.draft_next(officer=ann)
    before = route_rules.read(draft)
    dear = Lane("payment", kind=OrderKind.COLLECTION, fixed_fee=Decimal("9.00"))
    route_rules.put_lane(officer=ann, rules=draft, lane=dear)
    after = route_rules.read(RoutingRules.objects.get(pk=draft.pk))
    assert after.lanes_for(OrderKind.PAYOUT) == before.lanes_for(OrderKind.PAYOUT)
    assert after.lanes_for(OrderKind.COLLECTION)[-1] == dear
    assert len(after.lanes) == len(before.lanes)


def test_rules_from_before_collections_were_routed_send_them_where_they_went(sandbox, orderer):
    rule(Lane("alipay"))
    lanes = route_rules.in_force().lanes
    assert [lane["kind"] for lane in lanes] == ["payout"]
    done = work_until(order("77.00", OrderKind.COLLECTION), "succeeded")
    [choice] = done.choices.all()
    assert (done.channel, [one["channel"] for one in choice.candidates]) == ("payment", ["payment"])
    of_old = RoutingRules(lanes=[{key: said for key, said in lanes[0].items() if key != "kind"}])
    of_old.failed_try_cost = Decimal("0.50")
    assert route_rules.read(of_old) == route_rules.read(route_rules.in_force())


def test_last_week_is_tried_out_for_both_kinds(sandbox, orderer):
    order("100.00")
    order("40.00", OrderKind.COLLECTION)
    rule(Lane("payment", fixed_fee=Decimal("1.00")), Lane("payment", kind=OrderKind.COLLECTION, on=False))
    flows = route_rules.simulate(route_rules.in_force())
    assert [(flow.kind, flow.channel, flow.orders, flow.amount, flow.fees) for flow in flows] == [
        ("collection", "", 1, Decimal("40.00"), Decimal("0.00")),
        ("payout", "payment", 1, Decimal("100.00"), Decimal("1.00")),
    ]


def test_others_may_not(client):
    client.force_login(staff.hire(username="rob", password="long-enough-7!", role=Role.RISK_OFFICER))
    assert press(client, route_rules.in_force(), "draft_next").status_code == 403
