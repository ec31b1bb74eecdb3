"""The calculator's two doors, and what it refuses: each refusal names its field and never stops the next line."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from core.problems import Problem
from lending.calculator import answer

SCHEDULE = {
    "kind": "schedule",
    "principal": "10000",
    "daily_rate": "0.0004",
    "method": "equal_instalment",
    "start": "2026-01-20",
    "every": "1 month",
    "count": 12,
}
EARLY = {"date": "2026-02-01"}
EVENTS = {**SCHEDULE, "kind": "events", "as_of": "2026-06-01", "penalty": {"rate_factor": "1.5"}}
PAYMENT = {"type": "payment", "date": "2026-02-20", "amount": "900.41"}


def calculate(text, **environment):
    """The command as a stranger runs it: no environment, no engine, its own process."""
    return subprocess.run(
        [sys.executable, "manage.py", "calculate"],
        input=text.encode(),
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        timeout=60,
    )


def test_every_line_is_answered_in_order_with_its_id():
    lines = [{**SCHEDULE, "id": "a"}, {**SCHEDULE, "id": 2, "principal": "-1"}, {**SCHEDULE, "id": None}]
    done = calculate("\n".join(json.dumps(line) for line in lines) + "\n\nnot json\n")
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0
    assert [found.get("id", "absent") for found in answers] == ["a", 2, None, "absent"]
    assert answers[0]["total_interest"] == "804.93"
    assert answers[1]["error"]["code"] == "not_positive"
    assert answers[1]["error"]["field"] == "principal"
    assert answers[1]["error"]["message"] == "The amount must be more than zero."
    assert answers[3]["error"]["code"] == "not_json"


def test_a_chinese_terminal_is_answered_in_chinese():
    done = calculate(json.dumps({**SCHEDULE, "principal": "-1"}), LANG="zh_CN.UTF-8")
    assert json.loads(done.stdout)["error"]["message"] == "金额必须大于零。"


@pytest.mark.parametrize("text", ["hello\nworld", "[\n1,\n2\n]", "principal,rate\n100,0.1"])
def test_what_is_not_json_lines_at_all_ends_with_2_and_a_clear_message(text):
    done = calculate(text)
    assert done.returncode == 2
    assert done.stdout == b""
    assert "not JSON lines" in done.stderr.decode()


def test_the_api_gives_the_same_answers():
    def post(body):
        return Client().post(
            "/api/v1/calculations/", body, content_type="application/json", headers={"accept-language": "en"}
        )

    assert post(SCHEDULE).json() == answer(SCHEDULE)
    refused = post({**SCHEDULE, "method": "magic"})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["code"], refused.json()["field"]) == ("unknown_choice", "method")
    assert post([SCHEDULE]).status_code == 400
    for count in (401, "401"):
        assert post({**SCHEDULE, "count": count}).json()["code"] == "too_many"


def without(name):
    return {key: value for key, value in SCHEDULE.items() if key != name}


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        ({}, "required", "kind"),
        ({**SCHEDULE, "kind": "magic"}, "unknown_choice", "kind"),
        (without("principal"), "required", "principal"),
        (without("daily_rate"), "required", "annual_rate"),
        ({**SCHEDULE, "annual_rate": "0.1"}, "conflicting", "daily_rate"),
        ({**SCHEDULE, "principal": 10000.5}, "not_a_number", "principal"),
        ({**SCHEDULE, "principal": "1e5"}, "not_a_number", "principal"),
        ({**SCHEDULE, "principal": "NaN"}, "not_a_number", "principal"),
        ({**SCHEDULE, "principal": "0"}, "not_positive", "principal"),
        ({**SCHEDULE, "daily_rate": "-0.1"}, "negative_rate", "daily_rate"),
        ({**SCHEDULE, "daily_rate": "14.6"}, "rate_too_high", "daily_rate"),
        ({**SCHEDULE, "count": 0}, "not_a_whole_number", "count"),
        ({**SCHEDULE, "count": 10**9}, "not_a_whole_number", "count"),
        ({**SCHEDULE, "start": "2026-02-30"}, "not_a_date", "start"),
        ({**SCHEDULE, "start": "0001-01-01"}, "date_out_of_range", "start"),
        ({**SCHEDULE, "every": "1 fortnight"}, "not_a_span", "every"),
        ({**SCHEDULE, "every": "9000 years"}, "date_out_of_range", "count"),
        ({**SCHEDULE, "rounding": "sideways"}, "unknown_choice", "rounding"),
        ({**SCHEDULE, "roundng": "up"}, "unknown_field", "roundng"),
        ({**SCHEDULE, "first_due": "2026-01-20"}, "due_before_start", "first_due"),
        ({**SCHEDULE, "principal_weights": ["1"]}, "wrong_count", "principal_weights"),
        ({**SCHEDULE, "grace": {"principal": 13}}, "not_a_whole_number", "grace.principal"),
        ({**SCHEDULE, "fees": [{"date": "each"}]}, "required", "fees[0].amount"),
        ({**SCHEDULE, "method": "bullet", "instalment": "100"}, "no_level_instalment", "instalment"),
        ({**without("count"), "instalment": "1"}, "never_repaid", "instalment"),
        ({**SCHEDULE, "periods": [["2026-01-20", "2026-02-20"]]}, "conflicting", "start"),
        ({**EVENTS, "events": [{**PAYMENT, "amount": "0"}]}, "not_positive", "events[0].amount"),
        ({**EVENTS, "events": [{**PAYMENT, "date": "2026-01-19"}]}, "before_disbursement", "events[0]"),
        (
            {**EVENTS, "events": [{**EARLY, "type": "reversal", "of": 0}]},
            "nothing_to_reverse",
            "events[0]",
        ),
        (
            {
                **EVENTS,
                "events": [{**EARLY, "type": "prepayment", "amount": "99999", "strategy": "lower"}],
            },
            *("more_than_owed", "events[0]"),
        ),
        (
            {**EVENTS, "events": [{**EARLY, "type": "waiver", "penalty": "5"}]},
            *("more_than_owed", "events[0]"),
        ),
        ({**SCHEDULE, "id": "\ud800"}, "not_text", None),
        (
            {"kind": "split", "total": "1", "weights": ["1"], "unit": "0.0000000000000000001"},
            "unit_out_of_range",
            "unit",
        ),
        (
            {
                "kind": "apr",
                "method": "nominal",
                "advances": [{"at": "0", "amount": "5"}],
                "payments": [{"at": "999999999999999", "amount": "5"}],
            },
            *("too_late", "payments[0].at"),
        ),
        ({**EVENTS, "events": [{**EARLY, "type": "extension", "periods": 1189}]}, "too_many_periods", "events[0]"),
        ({**EVENTS, "as_of": "2200-01-01"}, "too_late", "as_of"),
        ({"kind": "split", "total": "1", "weights": ["0", "0"]}, "bad_weights", "weights"),
        ({"kind": "allocation", "amount": "1", "due": [{}], "order": ["fee"]}, "bad_order", "order"),
        (
            {"kind": "day_count", "annual_rate": "0.1", "periods": [["2026-02-01", "2026-01-01"]]},
            *("periods_out_of_order", "periods"),
        ),
        (
            {
                "kind": "apr",
                "method": "nominal",
                "advances": [{"date": "2026-02-01", "amount": "5"}],
                "payments": [{"date": "2026-01-01", "amount": "5"}],
            },
            *("before_disbursement", "payments[0].date"),
        ),
    ],
)
def test_a_bad_request_is_refused_by_its_field(request_, code, field):
    with pytest.raises(Problem) as refused:
        answer(request_)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert str(refused.value.message).endswith((".", "。"))
