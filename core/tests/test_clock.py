import datetime as dt

import pytest

from core import clock
from core.problems import Problem

pytestmark = pytest.mark.django_db


def test_the_business_day_turns_at_midnight_in_shanghai():
    assert clock.business_date_of(dt.datetime(2026, 1, 1, 15, 59, tzinfo=dt.UTC)) == dt.date(2026, 1, 1)
    assert clock.business_date_of(dt.datetime(2026, 1, 1, 16, 0, tzinfo=dt.UTC)) == dt.date(2026, 1, 2)
    assert clock.start_of_day(dt.date(2026, 1, 2)) == dt.datetime(2026, 1, 1, 16, 0, tzinfo=dt.UTC)


def test_a_sandbox_moves_business_time_and_leaves_real_time(settings):
    settings.SANDBOX = True
    target = clock.now() + dt.timedelta(days=31)
    clock.move_to(target, by="test")
    assert abs(clock.now() - target) < dt.timedelta(seconds=5)
    assert clock.now() - clock.real_now() > dt.timedelta(days=30)


def test_business_time_never_goes_back(settings):
    settings.SANDBOX = True
    clock.move_to(clock.now() + dt.timedelta(days=1), by="test")
    with pytest.raises(Problem, match="clock_backwards"):
        clock.move_to(clock.real_now(), by="test")


def test_outside_a_sandbox_the_clock_cannot_be_moved(settings):
    settings.SANDBOX = False
    with pytest.raises(Problem, match="clock_fixed"):
        clock.move_to(clock.now() + dt.timedelta(days=1), by="test")
