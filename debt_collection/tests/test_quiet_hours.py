import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import BUSINESS_ZONE
from debt_collection.quiet_hours import is_quiet, time_until_allowed


def at(clock_time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-23T{clock_time}").replace(tzinfo=BUSINESS_ZONE)


@pytest.mark.parametrize("moment", ["22:00:00", "23:59:59", "00:00:00", "07:59:59"])
def test_the_night_is_quiet(moment):
    assert is_quiet(at(moment))


@pytest.mark.parametrize("moment", ["08:00:00", "12:00:00", "21:59:59"])
def test_the_day_is_not(moment):
    assert not is_quiet(at(moment))
    assert time_until_allowed(at(moment)) == dt.timedelta()


@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)))
def test_waiting_as_told_ends_outside_the_quiet_hours_and_within_ten_hours(moment):
    wait = time_until_allowed(moment)
    assert dt.timedelta() <= wait <= dt.timedelta(hours=10)
    assert not is_quiet(moment + wait)
