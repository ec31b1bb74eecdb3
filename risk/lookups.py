"""What a decision must know of others: the watchlist, how often the same traces came before, and who is linked."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from risk import rings, traces
from risk.facts import Applicant, CreditRequest, Ring, WatchlistMatch
from risk.models import WatchlistEntry
from risk.policy import USUALLY, Policy, VelocityRule

_COUNTED = {"customers": "customer_serial", "applications": "reference"}


def watchlist_matches(applicant: Applicant) -> tuple[WatchlistMatch, ...]:
    """The active watchlist entries that name one of the applicant's traces."""
    found = WatchlistEntry.objects.filter(_any_of(applicant.traces), status=WatchlistEntry.Status.ACTIVE)
    return tuple(WatchlistMatch(kind, action) for kind, action in found.order_by("id").values_list("kind", "action"))


def others(
    applicant: Applicant, request: CreditRequest, policy: Policy, now: dt.datetime
) -> tuple[dict[str, int], Ring | None]:
    """Velocity and ring of an application that comes `now`.

    For each velocity rule of the policy: how many others came with the applicant's traces within its window, other
    customers or other applications than this one (of a trace that many left, among the newest traces.MOST). And the
    ring that the applicant is in, if the policy looks for rings.
    """
    near = traces.seen(_wanted(applicant, policy, now))
    velocity = _velocity(applicant, request, policy, near, now)
    if policy.rings is None:
        return velocity, None
    since, family = now - dt.timedelta(days=policy.rings.days), policy.rings.family
    graph = rings.around(applicant.customer_serial, applicant.traces, near=near, since=since, family=family)
    return velocity, graph.ring()


def _wanted(applicant: Applicant, policy: Policy, now: dt.datetime) -> list[traces.Wanted]:
    """The applicant's own traces, each as far back as the policy asks; telephones also as others' contacts."""
    hours: dict[str, int] = defaultdict(int)
    for rule in policy.velocity:
        for kind in rule.kinds:
            hours[kind] = max(hours[kind], rule.reaches_back)
    if policy.rings:
        for kind in rings.LINKING:
            hours[kind] = max(hours[kind], policy.rings.days * 24)
    alike = {(kind, index) for own, index in applicant.traces for kind in rings.alike(own) if hours[kind]}
    return [traces.Wanted(kind, index, now - dt.timedelta(hours=hours[kind])) for kind, index in sorted(alike)]


def _velocity(
    applicant: Applicant, request: CreditRequest, policy: Policy, near: Iterable[traces.Seen], now: dt.datetime
) -> dict[str, int]:
    own = set(applicant.traces)
    by_kind: dict[str, list[traces.Seen]] = defaultdict(list)
    for each in near:
        if (each.kind, each.digest) in own:
            by_kind[each.kind].append(each)
    mine = {"customers": applicant.customer_serial, "applications": request.reference}
    return {rule.code: _others(rule, by_kind, now, mine[rule.counting]) for rule in policy.velocity}


def _others(rule: VelocityRule, by_kind: dict[str, list[traces.Seen]], now: dt.datetime, mine: str) -> int:
    """How many others; none of a trace that is known to be busy."""
    since = now - dt.timedelta(hours=rule.hours)
    if rule.usual is not None:
        earlier = since - dt.timedelta(hours=USUALLY)
        if len(_sharing(rule, by_kind, earlier, since) - {mine}) > rule.usual:
            return 0
    return len(_sharing(rule, by_kind, since, now) - {mine})


def _sharing(
    rule: VelocityRule, by_kind: dict[str, list[traces.Seen]], since: dt.datetime, until: dt.datetime
) -> set[str]:
    """The customers, or applications, that came between with every kind of trace that the rule names."""
    name = _COUNTED[rule.counting]
    sharing = [{getattr(each, name) for each in by_kind[kind] if since <= each.at <= until} for kind in rule.kinds]
    return set.intersection(*sharing)


def _any_of(found: tuple[tuple[str, str], ...]) -> Q:
    matching = Q(pk__in=[])
    for kind, index in found:
        matching |= Q(kind=kind, index=index)
    return matching
