"""Rings: who is linked to whom by what they share, and what that does to a decision."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests import factories as people
from core import clock
from core.crypto import blind_index
from risk import (
    applicants,
    decisions,
    lookups,
    reasons,
    review,
    rings,
    rule_inputs,
    stored_inputs,
    traces,
    watchlist,
)
from risk.admin import ring_graph
from risk.facts import Ring, TraceKind, Whereabouts
from risk.models import Decision, WatchlistEntry
from risk.tests import factories

pytestmark = pytest.mark.django_db


def held(**values):
    """Traces by kind, such as `device="his telephone"`."""
    return tuple((kind, blind_index(TraceKind(kind).purpose, value)) for kind, value in values.items())


def come(*people):
    """Each of these, traces by kind, applies; the last one's decision."""
    return [factories.decided(traces=held(**person)) for person in people][-1]


def ring_of(decision):
    return stored_inputs.load(decision.inputs).ring


def test_nobody_shares_anything_with_a_stranger():
    decision = come({"device": "a", "address": "1 Road"}, {"device": "b", "address": "2 Road"})
    assert ring_of(decision) == Ring(members=(decision.customer_serial,), links=0, homes=1, across=0, kinds=())
    assert decision.features["ring_size"] == 1.0


def test_a_household_is_linked_but_no_ring():
    family = [{"address": "1 Road", "mobile": f"1380000000{n}", "contact": "13800000000"} for n in range(1, 4)]
    decision = come({"address": "1 Road", "mobile": "13800000000"}, *family)
    ring = ring_of(decision)
    assert (ring.size, ring.links, ring.homes, ring.across, ring.kinds) == (4, 6, 1, 0, ())
    assert ring.density == Decimal("1.0000")
    assert decision.outcome == "approved"


def test_links_through_others_make_a_ring_that_goes_to_a_person():
    decision = come(
        {"device": "x", "mobile": "13800000001", "address": "1 Road"},
        {"device": "x", "mobile": "13800000002", "address": "2 Road"},
        {"device": "y", "contact": "13800000002", "address": "3 Road"},
        {"device": "y", "mobile": "13800000004", "address": "4 Road"},
    )
    assert (decision.outcome, decision.reasons) == ("review", ["RING"])
    ring = ring_of(decision)
    assert (ring.size, ring.links, ring.homes, ring.kinds) == (4, 3, 4, ("device", "phone"))
    assert {"code": "RING", "severity": "review", "seen": "4 / 3 / device phone"} in decision.hits


def test_a_large_ring_is_declined():
    decision = come(
        *({"device": f"d{n // 4}", "contact": f"138{n % 4:08d}", "address": f"{n} Road"} for n in range(12))
    )
    assert (decision.outcome, decision.reasons) == ("declined", ["RING_LARGE"])
    assert ring_of(decision).size == 12


def test_a_dormitory_links_nobody():
    decision = come(*({"device": f"d{n // 2}", "address": "Dormitory 4"} for n in range(8)))
    assert ring_of(decision).size == 2
    assert ring_of(decision).homes == 1


def test_a_ring_is_bounded_however_large_it_grows(monkeypatch):
    monkeypatch.setattr(rings, "MOST", 5)
    decision = come(*({"card": "c"} for _ in range(8)))
    assert ring_of(decision).size == 5


def test_what_lies_too_far_back_links_nobody():
    first = factories.decided(traces=held(device="x"))
    since = clock.now() + dt.timedelta(seconds=1)
    near = traces.seen([traces.Wanted(*held(device="x")[0], since)])
    assert near == []
    assert rings.around("C", held(device="x"), near=[], since=since, family=6).ring().size == 1
    assert first.customer_serial not in traces.held_by([first.customer_serial], since=since)


def test_whoever_shares_nothing_costs_two_queries():
    person, request = factories.applicant(traces=held(device="x", mobile="13800000001")), factories.request()
    with CaptureQueriesContext(connection) as caught:
        decisions._look_up(person, request, factories.NEW_POLICY)
    assert len([query for query in caught if "risk_" in query["sql"]]) == 2


def test_a_decision_with_a_ring_replays_identically():
    decision = come(*({"device": "x", "card": "c", "address": f"{n // 2} Road"} for n in range(5)))
    stored = Decision.objects.get(pk=decision.pk)
    assert stored.reasons
    assert decisions.replay(stored).identical


def test_inputs_from_before_there_were_rings_still_load():
    document = stored_inputs.dump(factories.inputs())
    del document["ring"], document["applicant"]["device_signs"]
    inputs = stored_inputs.load(document)
    assert (inputs.ring, inputs.applicant.device_signs) == (None, ())
    assert rule_inputs.INPUTS["ring_size"].value(inputs, None) is None


def test_a_rule_may_ask_for_the_ring():
    ring = Ring(members=("a", "b", "c"), links=2, homes=2, across=1, kinds=("device",))
    inputs = factories.inputs(ring=ring)
    assert rule_inputs.INPUTS["ring_size"].value(inputs, None) == 3
    assert rule_inputs.INPUTS["ring_density"].value(inputs, None) == Decimal("0.6667")


def test_an_address_is_the_same_however_it_is_written():
    one = applicants._told(Whereabouts("Room 3, 12 Lake Road", "Ｌａｋｅ Ltd.", "13800000001"))
    other = applicants._told(Whereabouts("room 3 12 lake road", "Lake Ltd", "13800000001"))
    assert one == other
    assert [kind for kind, _index in one] == ["address", "employer", "contact"]
    assert one[2][1] == blind_index("mobile", "13800000001")


@pytest.mark.parametrize(
    ("person", "number", "code"),
    [
        ({"employer": "Shell Ltd", "ip": "10.0.0.1"}, 4, "BURST"),
        ({"employer": "Works"}, 7, "EMPLOYER_RUSH"),
        ({"address": "Block 1"}, 7, "HOME_RUSH"),
        ({"ip": "10.0.0.1"}, 6, "ADDRESS_RUSH"),
        ({"contact": "13800000009", "address": "Block 1"}, 5, "CONTACT_SHARED"),
        ({"picture": "one and the same"}, 2, "PICTURE_REUSED"),
    ],
)
def test_too_many_at_once_go_to_a_person(person, number, code):
    decided = [factories.decided(traces=held(**person)) for _ in range(number)]
    assert decided[-2].outcome == "approved"
    assert (decided[-1].outcome, code in decided[-1].reasons) == ("review", True)


@pytest.mark.parametrize(("code", "outcome"), [("DEVICE_EMULATED", "review"), ("DEVICE_AUTOMATED", "approved")])
def test_what_is_odd_about_the_device_is_a_hit(code, outcome):
    decision = factories.decided(device_signs=(code,))
    assert decision.outcome == outcome
    assert code in {hit["code"] for hit in decision.hits}


def test_a_place_known_to_be_busy_may_have_a_busy_hour():
    someone, request, now = factories.applicant(traces=held(ip="10.0.0.1")), factories.request(), clock.now()
    rush = [factories.decided(traces=held(ip="10.0.0.1")) for _ in range(5)]
    assert rush[-1].outcome == "approved"
    for hours, expected in [(0, 5), (4, 0)]:
        later = now + dt.timedelta(hours=hours, minutes=1)
        velocity, _ring = lookups.others(someone, request, factories.NEW_POLICY, later)
        assert velocity["ADDRESS_RUSH"] == expected
    again = [factories.decided(traces=held(ip="10.0.0.1")) for _ in range(1)]
    assert again[0].reasons == ["ADDRESS_RUSH"]


def ring_case():
    """A case whose applicant is linked to three others."""
    return come(
        {"device": "x", "address": "1 Road"},
        {"device": "x", "contact": "13800000002", "address": "2 Road"},
        {"device": "y", "contact": "13800000002", "address": "3 Road"},
        {"device": "y", "mobile": "13800000004", "address": "4 Road"},
    ).review_case


def test_the_graph_of_a_case_shows_customers_what_they_share_and_their_applications(officer, sandbox):
    customer = people.verified_customer()
    for _ in range(2):
        factories.decided(traces=held(device="x", mobile="13812345678"))
    case = factories.doubtful_case(customer_serial=customer.serial, traces=held(device="x"))
    drawing = ring_graph.draw(case)
    assert drawing is not None
    assert (len(drawing.customers), len(drawing.shared), len(drawing.lines)) == (3, 2, 5)
    assert drawing.customers[0].words == f"…{customer.serial[-4:]}"
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer)
    shown = client.get(reverse("admin:risk_reviewcase_change", args=[case.pk])).content.decode()
    assert "3 linked customers in 3 homes; 100% of the pairs are linked" in shown
    for other in Decision.objects.exclude(pk=case.decision_id):
        assert reverse("admin:risk_decision_change", args=[other.pk]) in shown
    assert "13812345678" not in shown


def test_a_case_without_links_shows_no_graph():
    case = factories.doubtful_case(traces=held(device="x"))
    assert ring_graph.draw(case) is None
    assert ring_graph.related(case).rows == []


def test_confirmed_fraud_feeds_the_watchlist(officer, asker):
    case = ring_case()
    review.claim(case=case, officer=officer)
    review.decline(case=case, officer=officer, reasons=[reasons.FRAUD_CONFIRMED])
    entries = {(entry.kind, entry.action): entry.added_by for entry in WatchlistEntry.objects.all()}
    assert entries == {
        ("device", "block"): f"staff:{officer.username}",
        ("mobile", "block"): f"staff:{officer.username}",
    }
    again = come({"device": "y"})
    assert (again.outcome, again.reasons[0]) == ("declined", "WATCHLIST")


def test_suspected_fraud_alone_puts_nobody_on_the_list(officer, asker):
    case = ring_case()
    review.claim(case=case, officer=officer)
    review.decline(case=case, officer=officer, reasons=["OFFICER_SUSPECTED_FRAUD"])
    assert not WatchlistEntry.objects.exists()


def test_what_is_listed_already_stays_as_it_is(officer, asker):
    first = watchlist.add(kind="device", value="y", action="watch", why="seen before", officer=officer)
    case = ring_case()
    review.claim(case=case, officer=officer)
    review.decline(case=case, officer=officer, reasons=[reasons.FRAUD_CONFIRMED])
    assert WatchlistEntry.objects.get(kind="device") == first
    assert WatchlistEntry.objects.get(kind="device").action == "watch"
