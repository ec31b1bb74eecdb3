"""The two-hour promise: from the customer's confirmation to the money received, in real time."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from core import clock

PROMISE = dt.timedelta(hours=2)


@dataclass(frozen=True)
class PayoutTiming:
    """How long payouts took. `late` are still on their way and past the promise already."""

    settled: int
    inside: int
    late: int
    median: dt.timedelta | None
    slowest: dt.timedelta | None

    @property
    def share(self) -> Decimal | None:
        """The share inside the promise, as a fraction with four places; None when there is nothing to measure."""
        measured = self.settled + self.late
        return (Decimal(self.inside) / measured).quantize(Decimal("0.0001")) if measured else None


def payout_timing(since: dt.datetime) -> PayoutTiming:
    """The timing of the payouts confirmed since then (real time)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(settled_at),
                count(*) FILTER (WHERE settled_at - confirmed_at <= %(promise)s),
                count(*) FILTER (WHERE settled_at IS NULL AND confirmed_at < %(now)s - %(promise)s),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY settled_at - confirmed_at),
                max(settled_at - confirmed_at)
            FROM payments_paymentorder
            WHERE kind = 'payout' AND status <> 'failed' AND confirmed_at >= %(since)s
            """,
            {"promise": PROMISE, "now": clock.real_now(), "since": since},
        )
        return PayoutTiming(*cursor.fetchone())
