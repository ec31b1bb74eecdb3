"""`manage.py demo_journey`, as `make run` plays it: it succeeds only when the money is in both books."""

import re
import subprocess
import sys

import pytest

from core import clock
from core.serials import is_valid_serial
from lending.models import Loan, LoanApplication
from payments.channels import CHANNELS
from payments.models import OrderStatus, PaymentOrder
from risk.models import ReviewCase
from tests.journeys import books
from tests.support.session import ROOT

SERIAL = re.compile(r"\b\d{8}[A-Z]{2}\d{9}[0-9A-Z]\b")


def play(stage):
    """Run the command; its exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", "demo_journey"],
        cwd=ROOT,
        env=stage.platform.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def serials(printed, kind):
    """The serial numbers of a kind in the order of printing."""
    found = dict.fromkeys(SERIAL.findall(printed))
    assert all(map(is_valid_serial, found))
    return [serial for serial in found if serial[8:10] == kind]


@pytest.fixture(scope="module")
def first(stage):
    """What the first journey printed."""
    status, printed = play(stage)
    assert status == 0, printed
    return printed


def test_it_names_what_it_made(first):
    assert {kind: len(serials(first, kind)) for kind in ("AP", "LN")} == {"AP": 2, "LN": 1}
    assert len(serials(first, "PO")) == 2


def test_the_money_is_in_both_books(stage, first):
    [loan] = serials(first, "LN")
    payout, collection = (PaymentOrder.objects.get(serial=serial) for serial in serials(first, "PO"))
    assert (payout.kind, payout.status, payout.reference) == ("payout", OrderStatus.SUCCEEDED, loan)
    assert (collection.kind, collection.status) == ("collection", OrderStatus.SUCCEEDED)
    assert Loan.objects.get(serial=loan).outstanding_principal < payout.amount
    books.require_agreement(stage.sandbox)


def test_the_doubtful_applicant_waits_for_a_person(first):
    [case] = ReviewCase.objects.all()
    assert (case.status, case.reference) == ("open", serials(first, "AP")[-1])
    assert LoanApplication.objects.get(serial=case.reference).status == "in_review"


def test_it_names_nobody(stage, first):
    known = stage.sandbox.book("identity")["identity_checks"]
    for row in known:
        assert not [value for value in (row["name"], row["id_number"], row["card_number"]) if value in first]


def test_it_works_again(stage, first):
    today = clock.today()
    status, printed = play(stage)
    assert status == 0, printed
    assert not set(serials(printed, "LN") + serials(printed, "AP")) & set(SERIAL.findall(first))
    assert clock.today() > today
    assert (Loan.objects.count(), ReviewCase.objects.filter(status="open").count()) == (2, 2)
    books.require_agreement(stage.sandbox)


def test_it_fails_when_the_money_does_not_arrive(stage, first):
    stage.sandbox.fault("payouts", "refuse", count=len(CHANNELS))
    status, printed = play(stage)
    assert status != 0, printed
