"""Schedules, annual rates, splits, allocations and penalties: published and derived figures, and for all inputs."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from lending.allocation import Amounts, Component, Direction, allocate
from lending.apr import Flow, apr_of
from lending.interest import Rate, RateKind
from lending.penalty import days_late, penalty_daily_rate, penalty_for_days
from lending.periods import Calendar, Every, add_months
from lending.schedule import make_schedule
from lending.split import split
from lending.terms import Draw, Method, Terms

START = dt.date(2026, 1, 20)
MONTHLY = Every(months=1)


def terms(
    principal="10000", rate="0.0004", months=12, method=Method.EQUAL_INSTALMENT, start=START, kind=RateKind.DAILY
):
    calendar = Calendar(start, MONTHLY)
    return Terms(
        draws=(Draw(start, Decimal(principal)),),
        rate=Rate(kind, Decimal(rate)),
        method=method,
        periods=calendar.periods(months),
        calendar=calendar,
    )


def figures(schedule, name):
    return [str(getattr(row, name)) for row in schedule.rows]


def test_equal_instalments_by_real_days_der_03():
    schedule = make_schedule(terms())
    assert figures(schedule, "total") == ["900.41"] * 11 + ["900.42"]
    assert figures(schedule, "interest")[:6] == ["124.00", "103.30", "104.49", "91.57", "84.59", "72.07"]
    assert figures(schedule, "balance")[:3] == ["9223.59", "8426.48", "7630.56"]
    assert schedule.total_interest == Decimal("804.93")
    assert round(schedule.apr.nominal * 100, 2) == Decimal("14.54")
    assert round(schedule.apr.effective * 100, 2) == Decimal("15.55")


def test_equal_principal_by_real_days_der_04():
    schedule = make_schedule(terms(method=Method.EQUAL_PRINCIPAL))
    assert figures(schedule, "principal") == ["833.33"] * 11 + ["833.37"]
    assert figures(schedule, "interest")[:3] == ["124.00", "102.67", "103.33"]
    assert schedule.total_interest == Decimal("787.67")


def test_interest_first_and_bullet_der_01_and_02():
    monthly = make_schedule(terms(months=3, method=Method.INTEREST_ONLY))
    assert figures(monthly, "total") == ["124.00", "112.00", "10124.00"]


def test_a_bank_example_pub_21():
    schedule = make_schedule(
        terms("630000", str(Decimal("0.049") / 12), 360, kind=RateKind.PER_PERIOD, start=dt.date(2026, 1, 1))
    )
    assert figures(schedule, "total")[0] == "3343.58"


@pytest.mark.parametrize(("payment", "nominal", "effective"), [("1120", "21.46", "23.70"), ("1072", "13.03", "13.84")])
def test_the_true_rate_of_a_flat_fee_der_09_and_10(payment, nominal, effective):
    flows = [Flow(0, Decimal(-12000)), *(Flow(month, Decimal(payment)) for month in range(1, 13))]
    apr = apr_of(flows)
    assert (round(apr.nominal * 100, 2), round(apr.effective * 100, 2)) == (Decimal(nominal), Decimal(effective))


def test_the_day_of_the_month_is_kept_and_clamped():
    assert add_months(dt.date(2026, 1, 31), 1) == dt.date(2026, 2, 28)
    assert add_months(dt.date(2026, 1, 31), 2) == dt.date(2026, 3, 31)


@given(
    st.integers(1_000, 20_000_000),
    st.decimals(0, "0.24", places=4),
    st.integers(1, 36),
    st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)),
    st.sampled_from([Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY]),
)
def test_a_schedule_repays_exactly_what_was_lent(fen, rate, months, start, method):
    principal = Decimal(fen) / 100
    schedule = make_schedule(terms(str(principal), str(rate), months, method, start, RateKind.ANNUAL))
    assert sum(row.principal for row in schedule.rows) == principal
    assert schedule.rows[-1].balance == ZERO
    assert all(row.principal >= 0 and row.interest >= 0 and row.balance >= 0 for row in schedule.rows)
    assert schedule.total == principal + schedule.total_interest


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        *(("10000.01", ["3000.00", "7000.01"]), ("121.37", ["36.41", "84.96"])),
        *(("0.01", ["0.00", "0.01"]), ("0.05", ["0.02", "0.03"])),
    ],
)
def test_a_joint_split_der_08(total, parts):
    assert split(Decimal(total), [Decimal("0.3"), Decimal("0.7")]) == [Decimal(part) for part in parts]


@given(st.lists(st.integers(-(10**5), 10**7), min_size=1, max_size=40), st.integers(30, 70))
def test_however_much_is_split_no_funder_drifts_by_more_than_a_fen(amounts, percent):
    shares = [Decimal(percent) / 100, 1 - Decimal(percent) / 100]
    totals, history = [ZERO, ZERO], ZERO
    for fen in amounts:
        amount = max(Decimal(fen) / 100, -history)
        parts = split(amount, shares, history=[history])
        assert sum(parts) == amount
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        history += amount
        assert all(abs(total - history * share) <= Decimal("0.01") for total, share in zip(totals, shares, strict=True))


@given(
    st.integers(0, 10**7),
    st.lists(st.tuples(*[st.integers(0, 10**5)] * 4), max_size=5),
    st.permutations(list(Component)),
    st.sampled_from(list(Direction)),
)
def test_an_allocation_neither_makes_nor_loses_money(fen, debts, order, direction):
    due = [Amounts(*(Decimal(part) / 100 for part in debt)) for debt in debts]
    found = allocate(Decimal(fen) / 100, due, order, direction)
    assert sum((part.total for part in found.paid), ZERO) + found.left_over == Decimal(fen) / 100
    for paid, owed in zip(found.paid, due, strict=True):
        assert all(ZERO <= paid[component] <= owed[component] for component in Component)


def test_penalty_by_day_within_the_cap_der_05_and_06():
    factor, cap = Decimal("1.5"), Decimal("0.24")
    daily = penalty_daily_rate(Rate(RateKind.DAILY, Decimal("0.0004")), factor, cap)
    assert daily == Decimal("0.0006")
    assert round(penalty_for_days(Decimal("833.33"), daily, 10), 2) == Decimal("5.00")
    capped = penalty_daily_rate(Rate(RateKind.DAILY, Decimal("0.0005")), factor, cap)
    assert round(capped, 8) == Decimal("0.00065753")


def test_the_first_day_late_is_the_day_after_the_due_date():
    assert days_late(START, START) == 0
    assert days_late(START, START + dt.timedelta(days=1)) == 1
