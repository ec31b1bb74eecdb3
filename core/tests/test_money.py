from decimal import ROUND_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import FEN, format_yuan, round_money, to_fen

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.005", "0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("2.675", "2.68")]
)
def test_half_goes_up_at_the_fen(value, rounded):
    assert round_money(Decimal(value)) == Decimal(rounded)


def test_other_units_and_modes():
    assert round_money(Decimal("1.01"), unit=Decimal("1"), rounding=ROUND_UP) == Decimal("2")
    assert round_money(Decimal("7.3"), unit=Decimal("0.5")) == Decimal("7.5")


@given(amounts)
def test_rounding_moves_by_at_most_half_a_fen(value):
    assert abs(round_money(value) - value) <= FEN / 2


@given(st.integers(-(10**12), 10**12))
def test_fen_and_yuan_are_the_same_money(fen):
    assert to_fen(Decimal(fen) / 100) == fen


def test_a_fraction_of_a_fen_is_refused():
    with pytest.raises(ValueError, match="whole number of fen"):
        to_fen(Decimal("0.001"))


def test_money_as_people_read_it():
    assert format_yuan(Decimal("1234567.5")) == "¥1,234,567.50"
    assert format_yuan(Decimal("-0.01")) == "-¥0.01"
