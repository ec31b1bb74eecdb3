"""Rings: customers linked by what they share (device, card, telephone, home, picture), found from the applicant on.

Outward from the applicant, a few rounds, never more than MOST customers: two indexed queries a round, and none
more where nobody shares anything.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from core import clock
from risk import policy, traces
from risk.facts import Ring, TraceKind
from risk.models import Decision

ROUNDS = 4
MOST = 60
PHONE = "phone"  # one's own mobile, or that of the contact whom one names
# Kinds that link people, and as what. Employer and network address are shared by strangers.
LINKING = {
    str(TraceKind.DEVICE): "device",
    str(TraceKind.CARD): "card",
    str(TraceKind.MOBILE): PHONE,
    str(TraceKind.CONTACT): PHONE,
    str(TraceKind.ADDRESS): "address",
    str(TraceKind.PICTURE): "picture",
}
_KINDS = {name: [kind for kind, linked in LINKING.items() if linked == name] for name in LINKING.values()}

Key = tuple[str, str]  # what links, and its keyed hash


@dataclass
class Graph:
    """Customers and what each has that links; and what was looked up of that, without crowded homes."""

    keys: dict[str, set[Key]]
    links: set[Key] = field(default_factory=set)

    def shared(self) -> dict[Key, set[str]]:
        """What links two or more of the customers, and whom."""
        holders: dict[Key, set[str]] = defaultdict(set)
        for customer, keys in self.keys.items():
            for key in keys & self.links:
                holders[key].add(customer)
        return {key: whom for key, whom in holders.items() if len(whom) > 1}

    def ring(self) -> Ring:
        """Its figures. Who lives together shares much: what links different homes is counted by homes."""
        shared, home = self.shared(), {customer: self._home(customer) for customer in self.keys}
        homes = {key: {home[customer] for customer in whom} for key, whom in shared.items()}
        return Ring(
            members=tuple(sorted(self.keys)),
            links=len(_pairs(shared.values())),
            homes=len(set(home.values())),
            across=len(_pairs(homes.values())),
            kinds=tuple(sorted({name for (name, _digest), linked in homes.items() if len(linked) > 1})),
        )

    def _home(self, customer: str) -> str:
        return min((digest for name, digest in self.keys[customer] if name == "address"), default=customer)


def _pairs(groups: Iterable[set[str]]) -> set[tuple[str, str]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def linking(found: Iterable[traces.Key]) -> set[Key]:
    """The keys of traces, as far as they link."""
    return {(LINKING[kind], index) for kind, index in found if kind in LINKING}


def alike(kind: str) -> list[str]:
    """The kinds of traces that a trace of this kind may equal."""
    return _KINDS[LINKING[kind]] if kind in LINKING else [kind]


def around(
    customer: str, own: Iterable[traces.Key], *, near: Iterable[traces.Seen], since: dt.datetime, family: int
) -> Graph:
    """The graph around a customer with these traces; `near` are those that equal one of them, left before.

    Goes back to `since`. A home where more than `family` others applied links nobody.
    """
    graph = Graph({customer: linking(own)})
    asked, found = graph.keys[customer], [each for each in near if each.at >= since]
    for _round in range(ROUNDS):
        holders = _holders(found)
        graph.links |= {key for key in asked if key[0] != "address" or len(holders[key]) <= family}
        linked = {name for key in graph.links for name in holders[key]}
        new = sorted(linked - set(graph.keys))[: MOST - len(graph.keys)]
        if not new:
            break
        known = set().union(*graph.keys.values())
        for name, held in traces.held_by(new, since=since).items():
            graph.keys[name] = linking(held)
        asked = set().union(*(graph.keys[name] for name in new)) - known
        found = traces.seen(_wanted(asked, since))
    return graph


def of_decision(decision: Decision) -> Graph:
    """The graph around an applicant as it is known today: also with those who came after the decision."""
    rule = policy.load(decision.policy).rings or policy.in_force(clock.today()).rings
    assert rule is not None
    own = list(decision.traces.values_list("kind", "index"))
    since = decision.decided_at - dt.timedelta(days=rule.days)
    near = traces.seen(_wanted(linking(own), since))
    return around(decision.customer_serial, own, near=near, since=since, family=rule.family)


def _holders(found: Iterable[traces.Seen]) -> dict[Key, set[str]]:
    """The customers behind these traces."""
    holders: dict[Key, set[str]] = defaultdict(set)
    for each in found:
        if each.kind in LINKING:
            holders[LINKING[each.kind], each.digest].add(each.customer_serial)
    return holders


def _wanted(keys: Iterable[Key], since: dt.datetime) -> list[traces.Wanted]:
    return [traces.Wanted(kind, index, since) for name, index in sorted(keys) for kind in _KINDS[name]]
