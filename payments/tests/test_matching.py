"""Planted differences of every class are found, none is invented."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.matching import Movement, Surroundings, compare
from payments.models import DifferenceKind as Kind

DAY = dt.date(2026, 11, 23)
NEXT = DAY + dt.timedelta(days=1)
PAID = Movement("PO1", "PY1", "payout", "SUCCESS", Decimal("100.00"), Decimal("1.00"), DAY)
COLLECTED = Movement("PO2", "PY2", "collection", "SUCCESS", Decimal("50.00"), Decimal("0.50"), DAY)


def differences(theirs, ours, **around):
    """(class, number, our effect, their effect) of each difference."""
    found = compare(date=DAY, theirs=theirs, ours={m.key: m for m in ours}, around=Surroundings(**around))
    return [(d.kind, d.movement.out_trade_no, str(d.ours), str(d.theirs)) for d in found]


@pytest.mark.parametrize(
    ("theirs", "ours", "around", "expected"),
    [
        ([PAID, COLLECTED], [PAID, COLLECTED], {}, []),
        ([PAID], [], {}, [(Kind.MISSING_AT_US, "PO1", "0.00", "-101.00")]),
        ([COLLECTED], [], {}, [(Kind.MISSING_AT_US, "PO2", "0.00", "49.50")]),
        ([PAID], [], {"known": {"PO1"}}, [(Kind.STATUS_MISMATCH, "PO1", "0.00", "-101.00")]),
        ([], [PAID], {}, [(Kind.MISSING_AT_THEM, "PO1", "-101.00", "0.00")]),
        (
            [replace(PAID, amount=Decimal("10.00"))],
            [PAID],
            {},
            [(Kind.AMOUNT_MISMATCH, "PO1", "-100.00", "-10.00")],
        ),
        ([replace(PAID, fee=Decimal("2.00"))], [PAID], {}, [(Kind.FEE_MISMATCH, "PO1", "-1.00", "-2.00")]),
        ([PAID, PAID], [PAID], {}, [(Kind.DUPLICATE, "PO1", "0.00", "-101.00")]),
        ([PAID], [PAID], {"earlier": {PAID.key}}, [(Kind.DUPLICATE, "PO1", "0.00", "-101.00")]),
        ([PAID], [replace(PAID, date=NEXT)], {}, [(Kind.DAY_CUTOVER, "PO1", "-101.00", "-101.00")]),
        ([], [PAID], {"later": {PAID.key}}, []),
        ([], [PAID], {"earlier": {PAID.key}}, []),
        (
            [PAID, replace(PAID, status="RETURNED", fee=Decimal("0.00"))],
            [PAID],
            {"known": {"PO1"}},
            [(Kind.STATUS_MISMATCH, "PO1", "0.00", "100.00")],
        ),
    ],
)
def test_each_class_with_its_effect_on_our_cash(theirs, ours, around, expected):
    assert differences(theirs, ours, **around) == expected


PLANTS = {
    "same": [],
    "theirs only": [Kind.MISSING_AT_US],
    "ours only": [Kind.MISSING_AT_THEM],
    "amount": [Kind.AMOUNT_MISMATCH],
    "fee": [Kind.FEE_MISMATCH],
    "twice": [Kind.DUPLICATE],
    "status": [Kind.STATUS_MISMATCH],
    "next day": [Kind.DAY_CUTOVER],
}


@given(st.lists(st.tuples(st.sampled_from(sorted(PLANTS)), st.integers(1, 10**9)), max_size=30))
def test_all_that_is_planted_is_found_and_nothing_else(plants):
    theirs, ours, known, expected = [], [], set(), []
    for number, (plant, fen) in enumerate(plants):
        mine = replace(PAID, out_trade_no=f"PO{number}", amount=Decimal(fen) / 100)
        stated = {
            "amount": replace(mine, amount=mine.amount + 1),
            "fee": replace(mine, fee=mine.fee + 1),
        }.get(plant, mine)
        theirs += [stated] * {"ours only": 0, "twice": 2}.get(plant, 1)
        if plant not in ("theirs only", "status"):
            ours.append(replace(mine, date=NEXT) if plant == "next day" else mine)
        if plant != "theirs only":
            known.add(mine.out_trade_no)
        expected += [(kind, mine.out_trade_no) for kind in PLANTS[plant]]
    found = differences(theirs, ours, known=known)
    assert sorted((kind, number) for kind, number, _ours, _theirs in found) == sorted(expected)
