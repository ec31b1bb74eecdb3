"""How the two-hour promise is kept: from the customer's confirmation to the money on the card, in real time."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet

from core import clock
from payments.models import OrderKind, OrderStatus, PaymentOrder

PROMISED = dt.timedelta(hours=2)


@dataclass(frozen=True)
class Kept:
    """The promise over the payouts confirmed since some day. A payout still open after two hours counts as late."""

    received: int
    inside: int
    late_open: int
    median: dt.timedelta | None
    slowest: dt.timedelta | None

    @property
    def share(self) -> float | None:
        """The share (0 to 1) that came inside two hours; None when there was nothing to keep."""
        promised = self.received + self.late_open
        return self.inside / promised if promised else None


class Median(Aggregate):
    """The middle one, by PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def kept_since(start: dt.datetime) -> Kept:
    """How the promise was kept for payouts confirmed at or after `start` (real time)."""
    took = ExpressionWrapper(F("settled_at") - F("confirmed_at"), output_field=DurationField())
    payouts = PaymentOrder.objects.filter(kind=OrderKind.PAYOUT, confirmed_at__gte=start)
    figures = payouts.filter(settled_at__isnull=False).aggregate(
        received=Count("pk"),
        inside=Count("pk", filter=Q(settled_at__lte=F("confirmed_at") + PROMISED)),
        median=Median(took, output_field=DurationField()),
        slowest=Max(took),
    )
    return Kept(**figures, late_open=_late(payouts).count())


def _late(payouts: QuerySet[PaymentOrder]) -> QuerySet[PaymentOrder]:
    """Confirmed more than two hours ago, and the money has not come. One that failed was told at once."""
    unpaid = payouts.filter(settled_at__isnull=True, confirmed_at__lt=clock.real_now() - PROMISED)
    return unpaid.exclude(status=OrderStatus.FAILED)
