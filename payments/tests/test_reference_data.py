"""What comes with the program: the first routing rules, and later a draft with the lanes that those in force lack."""

from decimal import Decimal

import pytest

from payments import reference_data, route_rules
from payments.models import OrderKind, RoutingRules
from payments.routing import Lane
from payments.tests.routes import rule
from payments.tests.test_adjustments import hired

pytestmark = pytest.mark.django_db
OLD = (Lane("payment", fixed_fee=Decimal("0.70")), Lane("alipay"), Lane("payment", kind=OrderKind.COLLECTION))


def names(lanes):
    return {(lane.channel, lane.kind.value) for lane in lanes}


def test_a_new_installation_has_all_lanes_and_no_draft():
    reference_data.load()
    first = RoutingRules.objects.get()
    assert first.status == "published"
    assert names(route_rules.read(first).lanes) == names(reference_data.FIRST_LANES)


def test_an_older_one_gets_a_draft_with_the_lanes_that_it_lacks_switched_off_once():
    rule(*OLD)
    for _again in range(2):
        reference_data.load()
    assert route_rules.read(route_rules.in_force()).lanes == OLD
    draft = RoutingRules.objects.get(status="draft")
    lanes = route_rules.read(draft).lanes
    assert lanes[: len(OLD)] == OLD
    assert names(lanes) == names(reference_data.FIRST_LANES)
    assert {lane.on for lane in lanes[len(OLD) :]} == {False}


def test_two_officers_publish_it_like_any_other_and_then_nothing_is_missing():
    rule(*OLD)
    reference_data.load()
    draft = RoutingRules.objects.get(status="draft")
    route_rules.propose(officer=hired("ann"), rules=draft, why="new channels")
    reference_data.load()
    route_rules.publish(officer=hired("ben"), rules=draft, why="seen")
    reference_data.load()
    assert route_rules.in_force() == draft
    assert RoutingRules.objects.count() == 3
