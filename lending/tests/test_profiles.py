"""Profiles of customers with loans: filled at once, changed only by what happens, late where nobody refreshes."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests import factories as people
from core import clock
from core.models import Alert, Work
from core.registry import Since
from lending import repayments
from lending.customer_facts import CustomerFacts
from lending.outcomes import Outcomes
from lending.tests.factories import applicant, decided, running_loan, tell
from lending.tests.test_lives import close_until
from risk import profiles
from risk.models import Profile, ProfileDue, ProfileRefresh

pytestmark = pytest.mark.django_db


def refreshed():
    """A refresh, for a later half hour each time."""
    mark = clock.real_now() + dt.timedelta(minutes=30) * (1 + ProfileRefresh.objects.count())
    assert profiles.refresh(mark.isoformat()) is None
    return ProfileRefresh.objects.get(mark=mark)


def forget_margin():
    """As if the last refresh were long ago enough that what came before it is not looked at again."""
    later = clock.real_now() + profiles.MARGIN
    business = clock.now() + profiles.MARGIN
    ProfileRefresh.objects.update(began_at=later, began_at_business=business)


@pytest.fixture
def loan(sandbox):
    return running_loan(people.verified_customer(), amount=Decimal("6000"))


def test_a_profile_tells_features_behaviour_and_exposure(sandbox):
    application = decided(applicant())
    refreshed()
    profile = profiles.current(application.customer.serial)
    assert (profile.features["outcome"], profile.features["application"]["employment"]) == ("approved", "fixed")
    assert profile.exposure["used"] == "0.00"
    assert profile.behaviour == {}
    assert Decimal(profile.exposure["credit_limit"]) >= 10_000


def test_only_what_changed_makes_a_row(loan):
    refreshed()
    before = profiles.current(loan.customer.serial)
    assert before.exposure["outstanding_principal"] == "6000.00"
    assert before.behaviour["loans"] == 1
    assert refreshed().customers == 1  # within the margin it is looked at again, and is the same
    assert Profile.objects.get() == before
    due = loan.instalments.first()
    close_until(loan, due.due_date + dt.timedelta(days=3))
    refreshed()
    late = profiles.current(loan.customer.serial)
    assert (late.behaviour["dpd"], late.behaviour["instalments_due"], late.behaviour["instalments_paid"]) == (3, 1, 0)
    before.refresh_from_db()
    assert before.until == late.since
    assert Profile.objects.count() == 2


def test_whoever_did_not_move_is_not_looked_at(loan):
    other = running_loan(people.verified_customer(), amount=Decimal("1000"))
    refreshed()
    forget_margin()
    assert refreshed().customers == 0
    before = clock.real_now()
    paid = repayments.ask(customer=other.customer, loan_serial=other.serial, amount=Decimal("1000"), strategy="shorten")
    tell(paid.order, "succeeded")
    assert list(CustomerFacts().changed(Since(before, clock.now()))) == [other.customer.serial]


def test_two_workers_share_the_customers_and_the_refresh_ends_once(loan):
    for _customer in range(3):
        decided(applicant())
    mark = clock.real_now().isoformat()
    profiles._begin(dt.datetime.fromisoformat(mark))
    assert ProfileDue.objects.count() == 4
    assert profiles.help_refresh(f"{mark}/1") is None
    assert profiles.refresh(mark) is None
    assert not ProfileDue.objects.exists()
    ended = ProfileRefresh.objects.get().ended_at
    assert profiles.refresh(mark) is None
    assert ProfileRefresh.objects.get().ended_at == ended
    assert Profile.objects.count() == 4


def test_lateness_warns_and_the_next_refresh_ends_the_warning(db):
    refreshed()
    ProfileRefresh.objects.update(
        began_at=clock.real_now() - dt.timedelta(hours=2), mark=clock.real_now() - dt.timedelta(hours=2)
    )
    assert profiles.is_late(profiles.fresh_as_of())
    profiles.start_what_is_due()
    assert Alert.objects.get().facts == {"minutes": 120}
    assert Work.objects.filter(kind=profiles.REFRESH, state="waiting").exists()
    profiles.refresh(Work.objects.get(kind=profiles.REFRESH).key)
    profiles.start_what_is_due()
    assert Alert.objects.get().status == "cleared"
    assert not profiles.is_late(profiles.fresh_as_of())


def test_outcomes_tell_which_loans_went_bad_in_their_time(loan):
    close_until(loan, loan.instalments.first().due_date + dt.timedelta(days=65))
    loan.refresh_from_db()
    paid_out = loan.value_date

    def outcomes(late_days, within_days, since=paid_out):
        return dict(
            Outcomes().outcomes(since, paid_out + dt.timedelta(days=1), late_days=late_days, within_days=within_days)
        )

    serial = loan.application.serial
    assert outcomes(30, 120) == {serial: True}
    assert outcomes(30, 40) == {serial: False}
    assert outcomes(90, 365) == {serial: False}
    assert outcomes(30, 120, since=paid_out + dt.timedelta(days=1)) == {}
