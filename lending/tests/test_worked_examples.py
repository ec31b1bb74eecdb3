"""The published and derived figures of the trade, by name, through the calculator: the file is worked_examples.json."""

import itertools
import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.problems import Problem
from lending.calculator import answer

EXAMPLES = {
    example["id"]: example
    for example in json.loads(Path(__file__).with_name("worked_examples.json").read_text())["examples"]
}


def expected(example):
    return EXAMPLES[example]["expected"]


def inputs(example):
    return EXAMPLES[example]["inputs"]


def spans(dates):
    return [list(pair) for pair in itertools.pairwise(dates)]


def monthly(count, **request):
    return answer({"kind": "schedule", "start": "2026-01-01", "every": "1 month", "count": count, **request})


def column(found, name):
    return [row[name] for row in found["rows"]]


def same_rows(found, rows):
    for row, wanted in zip(found["rows"], rows, strict=True):
        assert {name: row[name] for name in wanted} == wanted


def percent(rate):
    return str(round(Decimal(rate) * 100, 2))


def test_pub_01_the_payment_alone():
    found = monthly(180, principal="200000", rate_per_period="0.00625", method="equal_instalment")
    assert found["rows"][0]["total"] == expected("PUB-01")["payment"]


def test_pub_10_equal_principal():
    found = monthly(18, principal="5000", rate_per_period="0.01", method="equal_principal")
    same_rows(found, expected("PUB-10")["rows"])
    assert found["total_interest"] == expected("PUB-10")["total_interest"]


def test_pub_15_a_late_charge_on_each_instalments_principal():
    found = answer(
        {
            "kind": "events",
            "principal": "3000",
            "rate_per_period": "0.01",
            "method": "flat",
            "start": "2026-01-01",
            "every": "1 month",
            "count": 3,
            "as_of": "2026-04-02",
            "events": [],
            "penalty": {"rate_per_day": "0.015"},
        }
    )
    assert column(found, "interest") == ["30.00"] * 3
    assert column(found, "principal") == ["1000.00"] * 3
    assert found["rows"][2]["penalty"] == expected("PUB-15")["penalty_each"]
    last = Decimal(found["rows"][2]["total"]) + Decimal(found["rows"][2]["penalty"])
    assert last == Decimal(expected("PUB-15")["due_each"])
    assert 3 * last == Decimal(expected("PUB-15")["total_due"])


def test_pub_20_interest_by_day_and_penalty_on_unpaid_interest():
    found = answer(
        {
            "kind": "events",
            "principal": "1000000",
            "annual_rate": "0.135",
            "method": "interest_only",
            "periods": [["2019-10-01", "2019-10-31"], ["2019-10-31", "2019-11-30"]],
            "as_of": "2019-11-05",
            "penalty": {"annual_rate": "0.25", "on": "principal_and_interest"},
            "events": [],
        }
    )
    assert found["rows"][0]["interest"] == expected("PUB-20")["interest"]
    assert round(Decimal(found["rows"][0]["penalty"])) == Decimal(expected("PUB-20")["penalty"])


def test_pub_21_equal_instalments_beside_equal_principal():
    rate = str(Decimal("0.049") / 12)
    level = monthly(360, principal="630000", rate_per_period=rate, method="equal_instalment")
    assert level["rows"][0]["total"] == expected("PUB-21")["equal_instalment"]["payment"]
    exact = monthly(
        *(360,),
        principal="630000",
        rate_per_period=rate,
        method="equal_instalment",
        round_to="0.0000000001",
    )
    published = Decimal(expected("PUB-21")["equal_instalment"]["interest"])
    # The page multiplies the rounded payment by 360.
    assert abs(Decimal(exact["total_interest"]) - published) < 2
    falling = monthly(360, principal="630000", rate_per_period=rate, method="equal_principal")
    wanted = expected("PUB-21")["equal_principal"]
    assert falling["rows"][0]["total"] == wanted["first"]
    assert Decimal(falling["rows"][0]["total"]) - Decimal(falling["rows"][1]["total"]) == Decimal(wanted["step"])
    # The published interest is the sum of unrounded rows.
    fine = monthly(
        360,
        principal="630000",
        rate_per_period=rate,
        method="equal_principal",
        round_to="0.0000000001",
    )
    assert Decimal(fine["total_interest"]) == Decimal(wanted["interest"])


@pytest.mark.parametrize("start", ["2022-06-10", "2022-10-10"])
def test_pub_24_daily_interest_on_what_is_left(start):
    wanted = inputs("PUB-24")
    found = answer(
        {
            "kind": "schedule",
            "principal": wanted["principal"],
            "daily_rate": wanted["daily_rate"],
            "method": "equal_principal",
            "start": start,
            "every": "1 month",
            "count": wanted["periods"],
        }
    )
    assert found["total_interest"] == expected("PUB-24")["total_interest"]
    assert set(column(found, "principal")) == {expected("PUB-24")["principal_each"]}


def test_pub_25_the_us_actuarial_rate():
    months = [(1978 + month // 12, month % 12 + 1) for month in range(1, 25)]
    payments = [{"date": f"{year}-{month:02}-10", "amount": "230"} for year, month in months]
    advances = [{"date": "1978-01-10", "amount": inputs("PUB-25")["advance"]}]
    found = answer({"kind": "apr", "method": "us_actuarial", "advances": advances, "payments": payments})
    assert found["disclosed"] == expected("PUB-25")["apr"]


def test_pub_30_the_effective_rate_by_days():
    found = answer(
        {
            "kind": "apr",
            "method": "effective",
            "time_base": "days365",
            "advances": [{"date": "1994-01-01", "amount": inputs("PUB-30")["advance"]}],
            "payments": [{"date": "1995-07-01", "amount": inputs("PUB-30")["repay"]}],
        }
    )
    assert percent(found["apr"]) == expected("PUB-30")["effective_apr"]
    assert found == {"apr": "0.12962038", "disclosed": "13.0"}


def test_der_01_interest_first_principal_at_the_end():
    wanted = inputs("DER-01")
    found = answer(
        {
            "kind": "schedule",
            "principal": wanted["principal"],
            "daily_rate": wanted["daily_rate"],
            "method": "interest_only",
            "periods": spans(wanted["dates"]),
        }
    )
    assert column(found, "interest") == expected("DER-01")["interest"]
    assert column(found, "total") == expected("DER-01")["payments"]
    assert found["total_interest"] == expected("DER-01")["total_interest"]


def test_der_02_bullet():
    found = answer(
        {
            "kind": "schedule",
            "principal": "10000",
            "daily_rate": "0.0004",
            "method": "bullet",
            "start": "2026-01-20",
            "every": "90 days",
            "count": 1,
        }
    )
    assert found["rows"][0]["interest"] == expected("DER-02")["interest"]
    assert found["total"] == expected("DER-02")["payment"]


@pytest.mark.parametrize(("example", "method"), [("DER-03", "equal_instalment"), ("DER-04", "equal_principal")])
def test_der_03_and_04_by_real_days(example, method):
    wanted = inputs(example)
    found = answer(
        {
            "kind": "schedule",
            "principal": wanted["principal"],
            "daily_rate": wanted["daily_rate"],
            "method": method,
            "periods": spans(wanted["dates"]),
        }
    )
    same_rows(found, expected(example)["rows"])
    assert found["total_interest"] == expected(example)["total_interest"]
    if example == "DER-03":
        assert percent(found["apr"]["nominal"]) == expected(example)["irr_month_x12_pct"]
        assert percent(found["apr"]["effective"]) == expected(example)["irr_effective_pct"]


def test_der_05_penalty_at_one_and_a_half_times_the_rate():
    found = answer(
        {
            "kind": "events",
            "disbursements": [{"date": "2026-01-20", "amount": "833.33"}],
            "daily_rate": "0.0004",
            "method": "interest_only",
            "periods": [["2026-01-20", "2026-02-20"]],
            "events": [],
            "penalty": {"rate_factor": inputs("DER-05")["factor"]},
            "as_of": "2026-03-02",
        }
    )
    assert found["balances"]["penalty"] == expected("DER-05")["penalty"]
    assert found["dpd"] == inputs("DER-05")["days"]


@pytest.mark.parametrize("daily", ["0.0005", "0.00043836"])
def test_der_06_the_penalty_rate_that_the_cap_leaves(daily):
    found = answer(
        {
            "kind": "cap",
            "principal": "10000",
            "daily_rate": daily,
            "method": "equal_instalment",
            "start": "2026-01-20",
            "every": "1 month",
            "count": 12,
            "limit": inputs("DER-06")["cap_annual"],
            "penalty": {"rate_factor": inputs("DER-06")["factor"]},
        }
    )
    assert found["penalty_daily_rate"] == expected("DER-06")["capped_daily"]


@pytest.mark.parametrize("total", ["10000.01", "121.37", "0.01", "0.05"])
def test_der_08_a_joint_split(total):
    found = answer({"kind": "split", "total": total, "weights": inputs("DER-08")["weights"]})
    name = {"10000.01": "principal", "121.37": "interest"}.get(total, "penalty")
    assert found["parts"] == expected("DER-08")[f"{name}_{total.replace('.', '_')}"]


@pytest.mark.parametrize("example", ["DER-09", "DER-10"])
def test_der_09_and_10_the_true_rate_of_a_flat_fee(example):
    wanted = inputs(example)
    flows = {
        "advances": [{"at": "0", "amount": wanted["principal"]}],
        "payments": [{"at": f"{month} months", "amount": wanted["payment"]} for month in range(1, wanted["n"] + 1)],
    }
    rates = {method: answer({"kind": "apr", "method": method, **flows})["apr"] for method in ("nominal", "effective")}
    assert percent(rates["nominal"]) == expected(example)["nominal_irr_pct"]
    assert percent(rates["effective"]) == expected(example)["effective_pct"]


def test_every_example_is_tested_by_name():
    text = Path(__file__).read_text()
    elsewhere = {"DER-07"}  # A payout equals its principal: test_confirmations.py.
    missing = [name for name in EXAMPLES if name not in elsewhere and name not in text]
    assert not missing


def test_a_refusal_names_the_field_and_what_to_do():
    with pytest.raises(Problem) as refused:
        monthly(12, principal="-1", annual_rate="0.1", method="bullet")
    assert (refused.value.code, refused.value.field) == ("not_positive", "principal")
