"""What the layers against fraud find of planted fraud among 20,000 honest applicants, and whom they suspect wrongly.
`make bench-fraud`, or another number of honest applicants.

Each application is asked of the layers on the database as it was at its time, and leaves its traces for the next.
"""

import datetime as dt
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from benchmarks import house, town

SEED = 20261124
HONEST = 20_000
BATCH = 2_000
# By what a code speaks; all others are velocity's.
LAYERS = {
    "RING": "rings",
    "RING_LARGE": "rings",
    "PICTURE_REUSED": "pictures",
    "DEVICE_EMULATED": "device signs",
    "TRAVEL_IMPOSSIBLE": "device signs",
}
ALL = "all together"
NAMES = ("velocity", "rings", "pictures", "device signs", ALL)


@dataclass
class Found:
    """Which layers suspected whom (people's numbers), and how long each application took (seconds)."""

    suspects: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    codes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    named: set[int] = field(default_factory=set)  # members of rings that were suspected, also those who came before
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One layer's figures, as shares: of the planted found, of the suspected planted, of the honest suspected."""

    recall: float
    precision: float
    false_positives: float
    by_fraud: dict[str, float]


def main(honest: int) -> None:
    """Make the town, let everybody apply, print the table."""
    with house.opened(SANDBOX="false"):
        began = time.perf_counter()
        people = town_of(honest, SEED)
        settle(people)
        print(f"{len(people):,} people made in {time.perf_counter() - began:.0f} s, processors {os.cpu_count()}")
        found = investigate(people)
        print(house.shown("lookups and layers", found.seconds))
        table(people, found)


def town_of(honest: int, seed: int) -> list[town.Person]:
    """So many honest people, and planted fraud: at 20,000 three rings of each size, 10 farms, 10 bursts, 80 thefts."""
    share = honest / HONEST
    invented = town.Town(seed)
    return invented.honest(honest) + invented.planted(
        rings=round(33 * share), farms=round(10 * share), bursts=round(10 * share), stolen=round(80 * share)
    )


def settle(people: list[town.Person]) -> None:
    """Customers, each with a document whose picture is not remembered yet; decisions for their traces to hang on."""
    from accounts.models import Customer, Document, User
    from risk.models import Decision

    for some in _batches(people):
        serials = [serial(person) for person in some]
        users = User.objects.bulk_create(User(username=each, password="!") for each in serials)
        customers = Customer.objects.bulk_create(Customer(user=user, serial=user.username) for user in users)
        Document.objects.bulk_create(
            Document(
                customer=customer,
                serial=f"D{customer.serial}",
                kind=Document.Kind.ID_CARD,
                file="none",
                content_type="image/jpeg",
                size=1,
                sha256="",
            )
            for customer in customers
        )
        Decision.objects.bulk_create(_decision(each) for each in serials)


def _decision(name: str) -> Any:
    from risk.models import Decision

    return Decision(
        serial=name,
        subject="benchmark",
        reference=name,
        customer_serial=name,
        decided_by="system:benchmark",
        decided_at=town.START,
        outcome="approved",
        limit=0,
        annual_rate=0,
        reasons=[],
        score=0,
    )


def investigate(people: list[town.Person]) -> Found:
    """Let everybody apply in the order of time."""
    from accounts.models import Document
    from risk import policy
    from risk.models import Decision

    numbers = policy.load("standard-4")
    decisions = dict(Decision.objects.filter(subject="benchmark").values_list("reference", "pk"))
    documents = {each.serial: each for each in Document.objects.all()}
    found, likeness = Found(), {}
    for number, (at, person) in enumerate(town.applications(people)):
        name = serial(person)
        if person.number not in likeness:
            likeness[person.number] = _remembered(documents[f"D{name}"], person)
        traces = (*_traces(person), *likeness[person.number])
        _apply(person, f"A{number}", at, traces, numbers, found)
        _leave(decisions[name], name, f"A{number}", at, traces)
    return found


def _apply(
    person: town.Person,
    reference: str,
    at: dt.datetime,
    traces: tuple[tuple[str, str], ...],
    numbers: Any,
    found: Found,
) -> None:
    """What the layers say of one application now."""
    from benchmarks.applicants import request
    from risk import fraud, lookups
    from risk.facts import Inputs, Severity

    applicant = _applicant(serial(person), traces, person.signs)
    asked = request(reference, {"amount": Decimal(10_000), "term_months": 12, "purpose": "appliances"})
    began = time.perf_counter()
    velocity, ring = lookups.others(applicant, asked, numbers, at)
    hits = fraud.check(Inputs(applicant, asked, at.date(), (), velocity, ring), numbers)
    found.seconds.append(time.perf_counter() - began)
    for hit in hits:
        if hit.severity is not Severity.NOTE:
            for layer in (LAYERS.get(hit.code, "velocity"), ALL):
                found.suspects[layer].add(person.number)
            found.codes[hit.code].add(person.number)
            if LAYERS.get(hit.code) == "rings" and ring:
                found.named.update(int(member.removeprefix("P")) for member in ring.members)


def _applicant(name: str, traces: tuple[tuple[str, str], ...], signs: tuple[str, ...]) -> Any:
    from benchmarks.applicants import STEADY
    from risk.facts import Applicant

    return Applicant(
        customer_serial=name,
        age=30,
        exposure=Decimal(0),
        id_card_check="agrees",
        income_proof=True,
        device_age_hours=48,
        traces=traces,
        device_signs=signs,
        **vars(STEADY),
    )


def _remembered(document: Any, person: town.Person) -> tuple[tuple[str, str], ...]:
    """The picture is handed in: its likeness, as a trace."""
    from django.db import transaction

    from accounts import picture_prints
    from accounts.models import PicturePrint

    with transaction.atomic():
        picture_prints.remember(document, town.picture(person))
    kept = PicturePrint.objects.filter(document=document).first()
    return (("picture", kept.likeness),) if kept else ()


def _traces(person: town.Person) -> list[tuple[str, str]]:
    from core.crypto import blind_index
    from risk.facts import TraceKind

    return [(kind, blind_index(TraceKind(kind).purpose, value)) for kind, value in person.has.items()]


def _leave(decision_id: int, name: str, reference: str, at: dt.datetime, traces: Iterable[tuple[str, str]]) -> None:
    from risk.models import Trace

    Trace.objects.bulk_create(
        Trace(decision_id=decision_id, kind=kind, index=index, customer_serial=name, reference=reference, at=at)
        for kind, index in traces
    )


def figures(people: list[town.Person], found: Found) -> dict[str, Row]:
    """Each layer's figures."""
    fraud_of = {person.number: person.fraud for person in people}
    kinds = sorted(set(fraud_of.values()) - {town.HONEST})
    honest = sum(kind == town.HONEST for kind in fraud_of.values())
    rows = {}
    for layer in NAMES:
        suspects = [fraud_of[number] for number in found.suspects[layer]]
        right = sum(kind != town.HONEST for kind in suspects)
        by_fraud = {kind: suspects.count(kind) / list(fraud_of.values()).count(kind) for kind in kinds}
        rows[layer] = Row(
            recall=right / (len(people) - honest),
            precision=right / max(len(suspects), 1),
            false_positives=(len(suspects) - right) / honest,
            by_fraud=by_fraud,
        )
    return rows


def table(people: list[town.Person], found: Found) -> None:
    """Print the figures by layer, how soon groups are noticed, and the codes with their wrong suspects."""
    rows = figures(people, found)
    kinds = list(rows[ALL].by_fraud)
    print(
        f"{'':<14}{'recall':>9}{'precision':>11}{'honest suspected':>18}  " + "".join(f"{kind:>17}" for kind in kinds)
    )
    for layer, row in rows.items():
        shares = "".join(f"{row.by_fraud[kind]:>17.1%}" for kind in kinds)
        print(f"{layer:<14}{row.recall:>9.1%}{row.precision:>11.1%}{row.false_positives:>18.2%}  {shares}")
    for kind in kinds:
        places = noticed(people, found, kind)
        seen = [place for place in places if place] or [0]
        print(
            f"{kind}: {len(seen)} of {len(places)} groups noticed, at the median by number {statistics.median(seen):g}"
        )
    fraud_of = {person.number: person.fraud for person in people}
    for kind in [*kinds, town.HONEST]:
        whom = {number for number, fraud in fraud_of.items() if fraud == kind}
        later = found.suspects[ALL] | found.named
        print(f"{kind}: {len(whom & later) / len(whom):.2%} suspected or named by a ring that was suspected later")
    honest = {person.number for person in people if person.fraud == town.HONEST}
    for code, numbers in sorted(found.codes.items()):
        print(f"  {code:<20} {len(numbers - honest):>6} planted {len(numbers & honest):>6} honest")


def noticed(people: list[town.Person], found: Found, kind: str) -> list[int]:
    """Of each planted group of a kind: which of its members, by the order of coming, was the first suspected; or 0."""
    groups: dict[str, list[town.Person]] = defaultdict(list)
    for person in people:
        if person.fraud == kind:
            groups[person.group].append(person)
    places = []
    for group in groups.values():
        ordered = sorted(group, key=lambda person: person.times[0])
        seen = (place for place, one in enumerate(ordered, 1) if one.number in found.suspects[ALL])
        places.append(next(seen, 0))
    return places


def serial(person: town.Person) -> str:
    """The person's customer number."""
    return f"P{person.number}"


def _batches(people: list[town.Person]) -> Iterable[list[town.Person]]:
    return (people[start : start + BATCH] for start in range(0, len(people), BATCH))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else HONEST)
