"""How the two-hour promise is kept: from the customer's confirmation to the money on the card, in real time."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q

from core import clock
from lending.models import Loan
from payments.lateness import PROMISED


@dataclass(frozen=True)
class Kept:
    """The promise over the loans confirmed since some day. One still open after two hours counts as late.

    `median_in_all` is from submission to money received, less the customer's own waiting before the confirmation.
    A loan whose payout failed or came back has no money to time: it is counted apart, as `not_paid`.
    """

    received: int
    inside: int
    late_open: int
    not_paid: int
    median: dt.timedelta | None
    slowest: dt.timedelta | None
    median_in_all: dt.timedelta | None

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
    """How the promise was kept for loans confirmed at or after `start` (real time)."""
    loans = Loan.objects.filter(confirmed_at__gte=start)
    took = _duration(F("received_at") - F("confirmed_at"))
    own_waiting = F("confirmed_at") - F("application__offered_at")
    in_all = _duration(F("received_at") - F("application__submitted_at") - own_waiting)
    cancelled = loans.filter(status=Loan.Status.CANCELLED)
    paid = loans.filter(received_at__isnull=False).exclude(status=Loan.Status.CANCELLED)
    figures = paid.aggregate(
        received=Count("pk"),
        inside=Count("pk", filter=Q(received_at__lte=F("confirmed_at") + PROMISED)),
        median=Median(took, output_field=DurationField()),
        slowest=Max(took),
        median_in_all=Median(in_all, output_field=DurationField()),
    )
    late = loans.filter(status=Loan.Status.PENDING, confirmed_at__lt=clock.real_now() - PROMISED)
    return Kept(**figures, late_open=late.count(), not_paid=cancelled.count())


def _duration(expression: object) -> ExpressionWrapper:
    return ExpressionWrapper(expression, output_field=DurationField())
