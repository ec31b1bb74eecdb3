"""The two-hour promise, measured on loans and shown on the admin's first page."""

import datetime as dt

import pytest
from django.test import RequestFactory
from django.utils import translation

from accounts import staff
from accounts.roles import Role
from config import admin_home, promise
from core import clock
from lending.models import Loan
from lending.tests.factories import paid_out_loan

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
MONTH = dt.timedelta(days=30)


@pytest.fixture
def loan(sandbox) -> Loan:
    return paid_out_loan()


def test_nothing_to_keep_is_no_broken_promise():
    kept = promise.kept_since(clock.real_now() - MONTH)
    assert (kept.share, kept.median, kept.late_open, kept.not_paid) == (None, None, 0, 0)


def test_a_loan_received_at_once_keeps_it(loan):
    kept = promise.kept_since(clock.real_now() - MONTH)
    assert (kept.received, kept.inside, kept.late_open, kept.not_paid, kept.share) == (1, 1, 0, 0, 1.0)
    assert kept.median == kept.slowest == loan.time_to_money
    assert kept.median_in_all == loan.time_to_decide_and_pay


def test_money_that_came_too_late_breaks_it(loan):
    Loan.objects.filter(pk=loan.pk).update(confirmed_at=loan.received_at - 3 * HOUR)
    kept = promise.kept_since(clock.real_now() - MONTH)
    assert (kept.received, kept.inside, kept.share, kept.slowest) == (1, 0, 0.0, 3 * HOUR)


def test_a_loan_still_open_after_two_hours_breaks_it():
    kept = promise.Kept(received=3, inside=3, late_open=1, not_paid=0, median=HOUR, slowest=HOUR, median_in_all=HOUR)
    assert kept.share == 0.75


def test_the_customers_own_waiting_does_not_count(loan):
    """Submitted, decided 10 minutes later, confirmed after a night's sleep, received a minute after that."""
    application, received = loan.application, loan.received_at
    night = 8 * HOUR
    minute = dt.timedelta(minutes=1)
    Loan.objects.filter(pk=loan.pk).update(confirmed_at=received - minute)
    type(application).objects.filter(pk=application.pk).update(
        submitted_at=received - minute - night - 10 * minute, offered_at=received - minute - night
    )
    kept = promise.kept_since(clock.real_now() - MONTH)
    assert (kept.median, kept.median_in_all) == (minute, 11 * minute)
    assert Loan.objects.get().time_to_decide_and_pay == 11 * minute


def test_the_first_page_shows_it(loan):
    request = RequestFactory().get("/admin/")
    request.user = staff.hire(username="lan", password="a long password of somebody's", role=Role.FINANCE_OFFICER)
    with translation.override("en"):
        tiles = {str(tile.title): tile.figure for tile in admin_home.first_page(request, {})["promise"]}
    shown = str(dt.timedelta(seconds=round(loan.time_to_money.total_seconds())))
    assert tiles["Received within two hours"] == "100.0%"
    assert tiles["Median"] == tiles["Slowest"] == shown
    assert (tiles["Late and still open"], tiles["Not paid out"]) == ("0", "0")
