"""Decisions on real rows: one a request, immutable, replayed to the same answer; layers that see other applicants."""

import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core.crypto import blind_index
from core.problems import Problem
from core.serials import is_valid_serial
from risk import decisions, watchlist
from risk.models import Decision, ReviewCase, Trace
from risk.tests import factories
from risk.tests.factories import DOUBTFUL, HOPELESS, OVERSTATED

pytestmark = pytest.mark.django_db


def trace(kind, value):
    return (kind, blind_index(kind, value))


def test_an_approval_stores_what_it_was_made_from():
    decision = factories.decided()
    decision.refresh_from_db()
    assert is_valid_serial(decision.serial)
    assert (decision.outcome, decision.limit, decision.annual_rate) == (
        "approved",
        Decimal("67400.00"),
        Decimal("0.1224"),
    )
    assert (decision.scorecard, decision.policy) == ("application-1", "standard-4")
    assert decision.decided_by == "system:decision-engine"
    assert decision.features["employment"] == "fixed"
    assert decision.inputs["applicant"]["monthly_income"] == "12000.00"
    assert set(decision.timings) == {"lookups", "evaluation"}
    assert not ReviewCase.objects.exists()


def test_deciding_needs_the_callers_transaction():
    with pytest.raises(RuntimeError, match="needs an open transaction"):
        decisions.decide(applicant=factories.applicant(), request=factories.request())


def test_the_same_request_keeps_its_decision():
    first = factories.decided(**DOUBTFUL, reference="R1")
    assert factories.decided(reference="R1") == first
    assert ReviewCase.objects.count() == 1


def test_doubt_opens_a_case_with_a_due_time():
    case = factories.doubtful_case()
    assert case.status == "open"
    assert (case.sla_due_at - case.opened_at).total_seconds() == 24 * 3600


@pytest.mark.parametrize("changes", [{}, DOUBTFUL, HOPELESS, {"age": 17}, {"id_card_check": "differs"}, OVERSTATED])
def test_a_stored_decision_replays_identically(changes):
    decision = factories.decided(**changes, traces=(trace("mobile", "13800000000"),))
    again = decisions.replay(Decision.objects.get(pk=decision.pk))
    assert again.differences == {}
    assert again.identical


def test_the_replay_command_says_so(capsys):
    decision = factories.decided()
    call_command("replay_decision", decision.serial)
    assert capsys.readouterr().out == f"{decision.serial} approved identical\n"
    with pytest.raises(CommandError, match="there is no decision"):
        call_command("replay_decision", "20261123DC0000000000")


def test_a_replay_notices_what_was_tampered_with():
    decision = factories.decided()
    decision.limit += 1
    assert decisions.replay(decision).differences == {"limit": (Decimal("67401.00"), Decimal("67400.00"))}


def test_a_replay_refuses_versions_that_were_altered():
    decision = factories.decided()
    decision.policy_digest = "0" * 64
    with pytest.raises(Problem, match="version_altered"):
        decisions.replay(decision)


def test_the_model_refuses_change_and_deletion():
    decision = factories.decided()
    with pytest.raises(TypeError, match="never changed"):
        decision.save()
    with pytest.raises(TypeError, match="never changed"):
        decision.delete()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE risk_decision SET outcome = 'approved'",
        "DELETE FROM risk_decision",
        "TRUNCATE risk_decision CASCADE",
        "UPDATE risk_trace SET index = ''",
        "DELETE FROM risk_trace",
    ],
)
def test_the_database_refuses_change_and_deletion(attack):
    factories.decided(traces=(trace("mobile", "13800000000"),))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(attack)


def test_nothing_that_names_a_person_is_stored_in_clear():
    factories.decided(traces=(trace("mobile", "13812345678"), trace("id_number", "11010119900307851X")))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(d)::text FROM risk_decision d UNION SELECT row_to_json(t)::text FROM risk_trace t"
        )
        stored = " ".join(row for (row,) in cursor.fetchall())
    assert "13812345678" not in stored
    assert "11010119900307851X" not in stored


def test_many_customers_on_one_device_go_to_a_person_and_a_farm_is_declined():
    device = trace("device", "one telephone")
    outcomes = [factories.decided(traces=(device,)).outcome for _ in range(11)]
    assert outcomes == ["approved"] * 3 + ["review"] * 3 + ["declined"] * 5


def test_one_customer_coming_back_is_not_many_customers():
    device = trace("device", "my telephone")
    for _ in range(4):
        decision = factories.decided(customer_serial="the same", traces=(device,))
    assert decision.outcome == "approved"


def test_a_card_that_another_customer_used_goes_to_a_person():
    card = trace("card", "6222020200112233445")
    assert factories.decided(traces=(card,)).outcome == "approved"
    decision = factories.decided(traces=(card,))
    assert (decision.outcome, decision.reasons) == ("review", ["CARD_SHARED"])


def test_many_applications_from_one_mobile_within_a_day_go_to_a_person():
    mobile = trace("mobile", "13812345678")
    decided = [factories.decided(customer_serial="c", traces=(mobile,)) for _ in range(6)]
    assert [decision.outcome for decision in decided] == ["approved"] * 5 + ["review"]
    assert decided[-1].reasons == ["MOBILE_BUSY"]


def test_a_busy_network_address_is_only_noted():
    address = trace("ip", "10.0.0.1")
    decided = [factories.decided(customer_serial=f"c{number % 4}", traces=(address,)) for number in range(22)]
    assert {decision.outcome for decision in decided} == {"approved"}
    assert [hit["code"] for hit in decided[-1].hits] == ["ADDRESS_BUSY"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id_number", "11010119900307851X"),
        ("mobile", "13812345678"),
        ("card", "6222020200112233445"),
        ("device", "fingerprint"),
        ("ip", "203.0.113.9"),
    ],
)
def test_a_value_on_the_watchlist_is_found_until_it_is_taken_off(kind, value, officer):
    entry = watchlist.add(kind=kind, value=value, action="block", why="chargeback", officer=officer)
    decision = factories.decided(customer_serial="c", traces=(trace(kind, value),))
    assert (decision.outcome, decision.reasons) == ("declined", ["WATCHLIST"])
    watchlist.deactivate(entry=entry, officer=officer, why="mistaken identity")
    assert factories.decided(customer_serial="c", traces=(trace(kind, value),)).outcome == "approved"
    assert decisions.replay(decision).identical  # it saw what it saw


def test_the_watchlist_keeps_no_value_in_clear(officer):
    watchlist.add(kind="mobile", value="13812345678", action="watch", why="called from 13812345678", officer=officer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(w)::text FROM risk_watchlistentry w")
        assert "13812345678" not in cursor.fetchone()[0]


def test_the_watchlist_says_what_is_wrong(officer):
    entry = {"kind": "mobile", "value": "13812345678", "action": "watch", "why": "test", "officer": officer}
    watchlist.add(**entry)
    refusals: list[tuple[dict, str]] = [
        ({}, "already_listed"),
        ({"kind": "name"}, "kind_unknown"),
        ({"value": " "}, "value_missing"),
        ({"why": " "}, "reason_missing"),
        ({"officer": factories.officer(factories.Role.FINANCE_OFFICER)}, "not_permitted"),
    ]
    for changes, code in refusals:
        with pytest.raises(Problem, match=code):
            watchlist.add(**{**entry, **changes})


def test_traces_are_written_once_a_decision():
    traces = (trace("mobile", "1"), trace("device", "2"))
    decision = factories.decided(traces=traces)
    assert sorted(decision.traces.values_list("kind", "index")) == sorted(traces)
    assert Trace.objects.count() == 2
    assert json.dumps(decision.inputs)
