"""When a debtor must be left alone: 22:00 to 08:00 in Shanghai, on every channel (domain rules, Collections). Pure."""

import datetime as dt

from core.clock import BUSINESS_ZONE

QUIET_FROM = dt.time(22, 0)
QUIET_UNTIL = dt.time(8, 0)


def is_quiet(moment: dt.datetime) -> bool:
    """Whether an aware `moment` falls in the quiet hours."""
    local = moment.astimezone(BUSINESS_ZONE).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def time_until_allowed(moment: dt.datetime) -> dt.timedelta:
    """How long after an aware `moment` the quiet hours end; zero outside them."""
    if not is_quiet(moment):
        return dt.timedelta()
    local = moment.astimezone(BUSINESS_ZONE)
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, QUIET_UNTIL, tzinfo=BUSINESS_ZONE) - local
