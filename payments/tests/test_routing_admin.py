"""Finance officers edit the routing rules: one drafts and tries out, another publishes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts import staff
from accounts.roles import Role
from core.problems import Problem
from payments import route_rules
from payments.models import RoutingRules
from payments.routing import Lane
from payments.tests.driving import work_until
from payments.tests.orderer import order

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
    lane = {"channel": "payment", "on": "on", "fixed_fee": "0.50", "fee_percent": "0.1", "order_limit": "50000"}
    assert "HX-Redirect" in press(client, draft, "put_lane", **lane, opens="08:00", closes="20:00").headers
    [kept] = route_rules.read(RoutingRules.objects.get(pk=draft.pk)).lanes
    assert (kept.fee(Decimal("1000.00")), kept.order_limit) == (Decimal("1.50"), Decimal("50000"))
    press(client, draft, "put_lane", **lane)
    assert "¥1.50" in page(client, draft)
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


def test_rules_that_stop_every_payout_are_not_proposed(ann):
    draft = route_rules.draft_next(officer=ann)
    route_rules.put_lane(officer=ann, rules=draft, lane=Lane("payment", on=False))
    with pytest.raises(Problem, match="no_channel"):
        route_rules.propose(officer=ann, rules=RoutingRules.objects.get(pk=draft.pk), why="x")


def test_others_may_not(client):
    client.force_login(staff.hire(username="rob", password="long-enough-7!", role=Role.RISK_OFFICER))
    assert press(client, route_rules.in_force(), "draft_next").status_code == 403
