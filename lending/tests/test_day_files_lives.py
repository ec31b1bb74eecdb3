"""Day files over random lives of joint loans: every set passes the checker, leads to the next, agrees with the ledger,
and comes out the same whenever it is written."""

import datetime as dt
import os
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core.money import to_fen
from lending.day_files import checker, sending, writing
from lending.models import ClosedDay, DayFileSet, Funder
from lending.tests import test_lives
from lending.tests.test_lives import STEP, a_world_of_its_own, live
from payments import ledger

pytestmark = pytest.mark.django_db
EXAMPLES, STEPS = (200, 6) if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else (3, 3)


def write_all():
    """The partner's sets of all closed days so far, in their order."""
    partner = Funder.objects.get(code="demo-bank")
    for date in ClosedDay.objects.order_by("business_date").values_list("business_date", flat=True):
        if not DayFileSet.objects.filter(partner=partner, business_date=date).exists():
            writing.write(partner, date)
    return list(DayFileSet.objects.filter(partner=partner).order_by("business_date"))


def check_all(sets):
    """Each set passes the checker, and leads to the next."""
    for made, following in zip(sets, [*sets[1:], None], strict=True):
        files, closing = sending.contents(made), sending.closing(made)
        checker.check(files)
        checker.check_closing(files, closing)
        if following:
            opening = sending.contents(following)
            assert {name: opening[name] for name in closing} == closing


def written_anew(made):
    """The next version of the newest set."""
    made.replace(by="test", why="test")
    return writing.write(made.partner, made.business_date)


def assert_ledger_agrees(made):
    """The partner's balances at the end of the set's day are those of its accounts."""
    kinds = {"loan_principal": "principal", "interest_receivable": "interest", "penalty_receivable": "penalty"}
    reading = checker.Reading(sending.closing(made), "demo-bank")
    for kind, component in kinds.items():
        part = reading.part("opening_loans", *checker.MADE_OF[component])
        if component == "interest":
            part -= reading.part("opening_loans", "accrued")
        assert part == to_fen(ledger.balance(f"{kind}:demo-bank", made.business_date)), kind


@settings(max_examples=EXAMPLES)
@given(
    fen=st.integers(100_000, 2_000_000),
    terms=st.sampled_from([{}, {"partner_rate": Decimal("0.071"), "servicing_fee": Decimal("0.03")}]),
    method=st.sampled_from(["equal_instalment", "equal_instalment", "any_day"]),
    steps=st.lists(STEP, min_size=1, max_size=STEPS),
)
def test_the_sets_of_any_life_pass_the_checker_and_agree_with_the_ledger(sandbox, fen, terms, method, steps):
    """Written at once after each close, anew, and all over again after later ones: the bytes are the same."""
    told: dict[dt.date, dict[str, bytes]] = {}
    close_until = test_lives.close_until

    def close_and_write(loan, date):
        loan = close_until(loan, date)
        with transaction.atomic():
            sets = write_all()
            check_all(sets[-2:])
            assert_ledger_agrees(sets[-1])
            for made in sets:
                content = sending.contents(made)
                assert told.setdefault(made.business_date, content) == content
            assert sending.contents(written_anew(sets[-1])) == content
            transaction.set_rollback(True)
        return loan

    with a_world_of_its_own(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_lives, "close_until", close_and_write)
        live(fen, terms, method, steps)
