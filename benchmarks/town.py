"""A town of invented applicants: honest ones who live, work and borrow telephones as people do, and planted fraud.

Nothing here knows a limit of the policy. Everybody is invented; devices, addresses and signs of devices are simulated.
"""

import datetime as dt
import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accounts.tests import photographs

DAYS = 90
START = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
# Adults of a household who apply: deliberately many, so that they share more than in life.
HOUSEHOLDS = {1: 25, 2: 45, 3: 18, 4: 9, 5: 3}
CARRIERS = 40  # network addresses behind which the carriers' customers stand
RINGS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
HONEST = "honest"


@dataclass
class Person:
    """An applicant: what he or she has (TraceKind → value, in clear), and when they apply."""

    number: int
    fraud: str  # HONEST, or the kind of fraud
    group: str
    has: dict[str, str]
    times: list[dt.datetime]
    photograph: int  # by number; the same for the same picture
    signs: tuple[str, ...] = ()


class Town:
    """Its people by one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.numbers = itertools.count(1)
        self.shops = [1 / (rank + 3) for rank in range(3_000)]  # employers, few large and many small

    def honest(self, number: int) -> list[Person]:
        """So many honest people: nine in ten in households, the others in dormitories."""
        people: list[Person] = []
        while len(people) < number * 0.9:
            people += self._household()
        while len(people) < number:
            people += self._dormitory()
        people = people[:number]
        for person in people:
            self._lead_a_life(person, people)
        for person in people:
            if self.chance.random() < 0.15:
                person.has.pop("contact")
        return people

    def planted(self, *, rings: int, farms: int, bursts: int, stolen: int) -> list[Person]:
        """So many of each kind: rings in turn of each size in RINGS."""
        found = [self.ring(RINGS[number % len(RINGS)]) for number in range(rings)]
        found += [self.farm() for _ in range(farms)]
        found += [self.burst() for _ in range(bursts)]
        found += [self.stolen() for _ in range(stolen)]
        return [person for group in found for person in group]

    def _person(self, fraud: str, group: str, at: dt.datetime, **has: str) -> Person:
        number = next(self.numbers)
        own = {
            "id_number": f"identity {number}",
            "mobile": f"13{number:09d}",
            "card": f"card {number}",
            "device": f"device {number}",
            "ip": self._carrier(),
            "address": f"home {number}",
            "employer": f"employer {self.chance.choices(range(3_000), self.shops)[0]}",
            "contact": f"15{number:09d}",
        }
        return Person(number, fraud, group, own | has, [at], photograph=number)

    def _household(self) -> list[Person]:
        size = self.chance.choices(list(HOUSEHOLDS), list(HOUSEHOLDS.values()))[0]
        home, first = f"household {next(self.numbers)}", self._moment()
        wireless = f"wireless of {home}" if self.chance.random() < 0.7 else ""
        parent = f"17{next(self.numbers):09d}"  # whom brothers and sisters name
        people: list[Person] = []
        for _ in range(size):
            together = people and self.chance.random() < 0.35
            at = first + dt.timedelta(hours=self.chance.uniform(0, 48)) if together else self._moment()
            one = self._person(HONEST, home, at, address=home)
            one.has["ip"] = wireless or one.has["ip"]
            if people and self.chance.random() < 0.15:  # no telephone of one's own
                one.has["device"] = people[0].has["device"]
            near = [other.has["mobile"] for other in people]
            one.has["contact"] = self.chance.choice([*near, *near, parent, one.has["contact"]])
            people.append(one)
        return people

    def _dormitory(self) -> list[Person]:
        """Of a factory or a college. In one of ten, word goes round one evening and a third apply within hours."""
        home, boss = f"dormitory {next(self.numbers)}", f"factory {next(self.numbers)}"
        factory, size = self.chance.random() < 0.5, self.chance.randrange(40, 120)
        evening = self._moment() if self.chance.random() < 0.1 else None
        people: list[Person] = []
        for _ in range(size):
            hurried = evening is not None and self.chance.random() < 0.33
            at = evening + dt.timedelta(hours=self.chance.uniform(0, 4)) if evening and hurried else self._moment()
            one = self._person(HONEST, home, at, address=home)
            if self.chance.random() < 0.8:
                one.has["ip"] = f"network of {home}"
            if factory:
                one.has["employer"] = boss
            people.append(one)
        return people

    def _lead_a_life(self, person: Person, people: list[Person]) -> None:
        """What makes honest people look odd: friends, second-hand telephones, coming again, tinkering."""
        chance = self.chance
        friend = chance.choice(people)
        if chance.random() < 0.05:
            person.has["contact"] = friend.has["mobile"]
        if chance.random() < 0.05:  # brothers and sisters who live elsewhere name the same parent
            friend.has["contact"] = person.has["contact"]
        if chance.random() < 0.01:
            person.has["device"] = friend.has["device"]
        if chance.random() < 0.05:
            person.has.pop("employer")
        if chance.random() < 0.1:
            person.times.append(person.times[0] + dt.timedelta(days=chance.uniform(1, 40)))
        if chance.random() < 0.001:
            person.signs += ("DEVICE_EMULATED",)
        if chance.random() < 0.002:  # a private network abroad
            person.signs += ("TRAVEL_IMPOSSIBLE",)

    def ring(self, size: int) -> list[Person]:
        """Identities in one hand: a few telephones, contacts and homes serve them all, some cards too."""
        ring, first, length = f"ring {next(self.numbers)}", self._moment(), self.chance.uniform(2, 21)

        def pool(kind: str, each: int) -> Callable[[], str]:
            values = [f"{kind} {number} of {ring}" for number in range(math.ceil(size / each))]
            return lambda: self.chance.choice(values)

        pools = {"device": pool("device", 3), "contact": pool("contact", 4), "address": pool("home", 5)}
        shares = {"device": 0.7, "contact": 0.6, "address": 0.6}
        people: list[Person] = []
        for _ in range(size):
            one = self._person("ring", ring, first + dt.timedelta(days=self.chance.uniform(0, length)))
            for kind, draw in pools.items():
                if self.chance.random() < shares[kind]:
                    one.has[kind] = draw()
            if people and self.chance.random() < 0.15:
                one.has["card"] = self.chance.choice(people).has["card"]
            people.append(one)
        return people

    def farm(self) -> list[Person]:
        """Many identities on a few devices, often emulated, in a few days."""
        farm, first, size = f"farm {next(self.numbers)}", self._moment(), self.chance.randrange(15, 41)
        devices = [f"device {number} of {farm}" for number in range(self.chance.randrange(2, 5))]
        emulated = ("DEVICE_EMULATED",) if self.chance.random() < 0.6 else ()
        people: list[Person] = []
        for _ in range(size):
            at = first + dt.timedelta(days=self.chance.uniform(0, 5))
            one = self._person("device farm", farm, at, device=self.chance.choice(devices))
            one.signs = emulated
            people.append(one)
        return people

    def burst(self) -> list[Person]:
        """Bought identities poured in by a program within the hour or two, each from a device never seen."""
        burst, first, size = f"burst {next(self.numbers)}", self._moment(), self.chance.randrange(15, 41)
        networks = [f"network {number} of {burst}" for number in range(self.chance.randrange(1, 3))]
        people: list[Person] = []
        for _ in range(size):
            at = first + dt.timedelta(hours=self.chance.uniform(0, 2))
            one = self._person("velocity burst", burst, at, ip=self.chance.choice(networks))
            if self.chance.random() < 0.8:
                one.has["employer"] = f"employer of {burst}"
            people.append(one)
        return people

    def stolen(self) -> list[Person]:
        """One stolen picture under several names: nothing else in common."""
        theft = f"theft {next(self.numbers)}"
        people = [self._person("stolen document", theft, self._moment()) for _ in range(self.chance.randrange(2, 6))]
        for one in people:
            one.photograph = people[0].photograph
        return people

    def _carrier(self) -> str:
        return f"carrier {self.chance.randrange(CARRIERS)}"

    def _moment(self) -> dt.datetime:
        hour = min(max(self.chance.gauss(14, 4), 0), 23.9)
        return START + dt.timedelta(days=self.chance.randrange(DAYS), hours=hour)


def picture(person: Person) -> bytes:
    """The person's picture as a file. Whoever uses another's saved it anew."""
    drawn = photographs.card(random.Random(person.photograph))
    if person.photograph == person.number:
        return photographs.jpeg(drawn)
    return photographs.saved_anew(drawn, random.Random(person.number))


def applications(people: list[Person]) -> Iterator[tuple[dt.datetime, Person]]:
    """Who applies when, in the order of time."""
    yield from sorted(((at, person) for person in people for at in person.times), key=lambda each: each[0])
