"""Instalments and day counts published elsewhere: apache/fineract, ProgressiveEMICalculatorTest; numpy-financial."""

from decimal import Decimal

import pytest

from lending.calculator import answer

RATE = "0.094822"


@pytest.mark.parametrize(
    ("day_count", "every", "principal", "count", "instalment", "factors"),
    [
        (
            *("actual/actual", "1 month", "100", 6, "17.13"),
            ["0.00803137158", "0.00751321858", "0.00803137158", "0.00777229508", "0.00803137158", "0.00777229508"],
        ),
        (
            *("actual/365", "1 month", "100", 6, "17.13"),
            ["0.00805337534", "0.00753380274", "0.00805337534", "0.00779358904", "0.00805337534", "0.00779358904"],
        ),
        ("30/360", "1 month", "100", 6, "17.13", ["0.00790183333"] * 6),
        ("actual/364", "7 days", "100", 6, "16.77", ["0.00182350000"] * 6),
        ("actual/360", "14 days", "100", 6, "16.88", ["0.00368752222"] * 6),
        ("actual/360", "15 days", "100", 6, "16.90", ["0.00395091667"] * 6),
        ("30/360", "1 month", "75", 5, "15.36", ["0.00790183333"] * 5),
    ],
)
def test_fineract(day_count, every, principal, count, instalment, factors):
    found = answer(
        {
            "kind": "schedule",
            "principal": principal,
            "annual_rate": RATE,
            "method": "equal_instalment",
            "start": "2024-01-01",
            "every": every,
            "count": count,
            "day_count": day_count,
        }
    )
    assert found["rows"][0]["total"] == instalment
    periods = [[row["from"], row["due"]] for row in found["rows"]]
    counted = answer({"kind": "day_count", "periods": periods, "annual_rate": RATE, "day_count": day_count})
    assert [round(Decimal(factor), 11) for factor in counted["factors"]] == [Decimal(factor) for factor in factors]


def test_without_interest_the_principal_is_shared_out():
    found = answer(
        {
            "kind": "schedule",
            "principal": "1000",
            "annual_rate": "0",
            "method": "equal_instalment",
            "start": "2024-01-01",
            "every": "1 month",
            "count": 4,
            "day_count": "30/360",
        }
    )
    assert [row["total"] for row in found["rows"]] == ["250.00"] * 4


def test_numpy_financial_interest_and_principal_parts():
    """ipmt and ppmt: 2,500 at 8.24 % a year over one year of months, unrounded."""
    found = answer(
        {
            "kind": "schedule",
            "principal": "2500",
            "annual_rate": "0.0824",
            "method": "equal_instalment",
            "start": "2024-01-01",
            "every": "1 month",
            "count": 12,
            "day_count": "30/360",
            "round_to": "0.0000000001",
        }
    )
    first, last = found["rows"][0], found["rows"][-1]
    assert (round(Decimal(first["interest"]), 2), round(Decimal(first["principal"]), 2)) == (
        Decimal("17.17"),
        Decimal("200.58"),
    )
    assert (round(Decimal(last["interest"]), 2), round(Decimal(last["principal"]), 2)) == (
        Decimal("1.49"),
        Decimal("216.26"),
    )
    assert round(Decimal(found["total_interest"]), 2) == Decimal("112.98")
