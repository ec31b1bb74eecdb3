"""What a decision must know of others: the watchlist, and how often the same traces came before."""

import datetime as dt

from django.db.models import Count, Q

from core import clock
from risk.facts import Applicant, CreditRequest, WatchlistMatch
from risk.models import Trace, WatchlistEntry
from risk.policy import Policy, VelocityRule

_COUNTED = {"customers": "customer_serial", "applications": "reference"}


def watchlist_matches(applicant: Applicant) -> tuple[WatchlistMatch, ...]:
    """The active watchlist entries that name one of the applicant's traces."""
    found = WatchlistEntry.objects.filter(_any_of(applicant.traces), status=WatchlistEntry.Status.ACTIVE)
    return tuple(WatchlistMatch(kind, action) for kind, action in found.order_by("id").values_list("kind", "action"))


def velocity(applicant: Applicant, request: CreditRequest, policy: Policy) -> dict[str, int]:
    """For each velocity rule of the policy, how many others came with one of the applicant's traces within its window.

    Others are other customers, or applications other than this one.
    """
    now = clock.now()
    oldest = now - dt.timedelta(hours=max(rule.hours for rule in policy.velocity))
    traces = Trace.objects.filter(_any_of(applicant.traces), at__gte=oldest)
    return traces.aggregate(**{rule.code: _count(rule, applicant, request, now) for rule in policy.velocity})


def _count(rule: VelocityRule, applicant: Applicant, request: CreditRequest, now: dt.datetime) -> Count:
    own = {"customers": applicant.customer_serial, "applications": request.reference}[rule.counting]
    field = _COUNTED[rule.counting]
    others = Q(kind=rule.trace, at__gte=now - dt.timedelta(hours=rule.hours)) & ~Q(**{field: own})
    return Count(field, filter=others, distinct=True)


def _any_of(traces: tuple[tuple[str, str], ...]) -> Q:
    matching = Q(pk__in=[])
    for kind, index in traces:
        matching |= Q(kind=kind, index=index)
    return matching
