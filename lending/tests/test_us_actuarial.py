"""Annual rates by the United States' actuarial method: the examples of Regulation Z, appendix J (c), and around them.

The figures stand in 12 CFR 1026, appendix J; those marked "around" in simontreanor/FSharp.Finance.Personal,
AprUsActuarialTests.fs.
"""

import datetime as dt

import pytest

from core.problems import Problem
from lending.calculator import answer
from lending.periods import Every


def day(text):
    return dt.date.fromisoformat(text)


def every(span, first, amounts):
    """Payments of these amounts, one each span, from the first date on."""
    return [(Every.parse(span).after(day(first), number), amount) for number, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("name", "advance", "payments", "percent"),
    [
        ("(c)(1)(i)", ("1978-01-10", "5000"), every("1 month", "1978-02-10", ["230"] * 24), "9.69"),
        ("(c)(1)(ii)", ("1978-02-10", "6000"), every("1 month", "1978-04-01", ["200"] * 36), "11.82"),
        (
            *("(c)(1)(iii)", ("1978-02-23", "5000")),
            every("1 month", "1978-03-01", ["219.17"] * 12) + every("1 month", "1978-03-16", ["219.17"] * 12),
            "10.34",
        ),
        ("(c)(1)(iv)", ("1978-05-23", "10000"), every("3 months", "1978-10-01", ["385"] * 40), "8.97"),
        ("(c)(1)(v)", ("1978-03-20", "500"), every("7 days", "1978-04-21", ["17.60"] * 30), "14.96"),
        ("(c)(2)(i)", ("1978-01-10", "5000"), every("1 month", "1978-02-10", ["250"] + ["230"] * 23), "10.08"),
        ("(c)(2)(ii)", ("1978-03-18", "400"), every("28 days", "1978-04-20", ["39.50"] + ["38.31"] * 11), "28.50"),
        ("(c)(3)(i)", ("1978-01-10", "5000"), every("1 month", "1978-02-10", ["230"] * 23 + ["280"]), "10.50"),
        ("(c)(3)(ii)", ("1978-04-03", "200"), every("14 days", "1978-04-11", ["9.50"] * 19 + ["30"]), "12.22"),
        (
            "(c)(4)(i)",
            ("1978-01-10", "5000"),
            every("1 month", "1978-02-10", ["250"] + ["230"] * 22 + ["280"]),
            "10.90",
        ),
        (
            *("(c)(4)(ii)", ("1978-01-10", "8000")),
            every("2 months", "1978-03-01", ["449.36"] + ["465"] * 18 + ["200"]),
            "7.30",
        ),
        ("(c)(5)(i)", ("1978-01-03", "1000"), [(day("1978-09-15"), "1080")], "11.45"),
        ("around", ("1978-06-23", "10000"), every("3 months", "1978-10-01", ["385"] * 40), "9.15"),
        ("around", ("1978-07-23", "10000"), every("3 months", "1978-10-01", ["385"] * 40), "9.32"),
        ("around", ("2023-10-26", "1000"), every("1 day", "2023-11-30", ["220"] * 5), "94.15"),
        ("around", ("2023-10-28", "1000"), every("7 days", "2023-11-30", ["250"] * 5), "176.52"),
        ("around", ("2023-11-23", "1000"), every("7 days", "2023-11-30", ["250"] * 5), "412.40"),
        ("around", ("2023-11-24", "1000"), every("7 days", "2023-11-30", ["250"] * 5), "434.30"),
        ("around", ("2023-10-26", "1000"), every("1 year", "2023-11-30", ["500"] * 5), "78.34"),
    ],
)
def test_regulation_z(name, advance, payments, percent):
    found = answer(
        {
            "kind": "apr",
            "method": "us_actuarial",
            "advances": [{"date": advance[0], "amount": advance[1]}],
            "payments": [{"date": date.isoformat(), "amount": amount} for date, amount in payments],
        }
    )
    assert found["disclosed"] == percent


@pytest.mark.parametrize(
    ("per_year", "span"),
    [(52, "7 days"), (26, "14 days"), (24, None), (13, "28 days"), (12, "1 month"), (6, "2 months"), (4, "3 months")],
)
def test_the_unit_period_that_the_dates_tell_may_be_named(per_year, span):
    payments = every(span, "2026-03-01", ["60"] * 20) if span else []
    payments = payments or every("1 month", "2026-03-01", ["60"] * 10) + every("1 month", "2026-03-16", ["60"] * 10)
    request = {
        "kind": "apr",
        "method": "us_actuarial",
        "advances": [{"date": "2026-02-15", "amount": "1000"}],
        "payments": [{"date": date.isoformat(), "amount": amount} for date, amount in payments],
    }
    assert answer(request) == answer({**request, "unit_periods_per_year": per_year})


def test_times_instead_of_dates_need_the_unit_period_named():
    request = {
        "kind": "apr",
        "method": "us_actuarial",
        "advances": [{"at": "0", "amount": "5000"}],
        "payments": [{"at": f"{month} months", "amount": "230"} for month in range(1, 25)],
    }
    assert answer({**request, "unit_periods_per_year": 12})["disclosed"] == "9.69"
    with pytest.raises(Problem) as refused:
        answer(request)
    assert (refused.value.code, refused.value.field) == ("required", "unit_periods_per_year")
