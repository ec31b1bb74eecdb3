"""Who is linked to the applicant of a case: a graph that the server draws, and the applications behind it.

Customers stand on a circle, what they share within it. People appear by their customer numbers only, what they share by
its kind: the traces themselves are keyed hashes.
"""

import math
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from risk import rings
from risk.models import Decision, ReviewCase
from risk.report import Section, Words
from risk.words import TRACE

WIDTH, HEIGHT, EDGE = 720, 460, 60
INWARD = 0.55  # what is shared stands this far out from the middle, towards those who share it
COLOURS = {"approved": "#2f7d4f", "declined": "#c0362c", "review": "#b7791f"}
WORDS = {**TRACE, rings.PHONE: TRACE["mobile"]}


@dataclass(frozen=True)
class Node:
    """A customer or something shared; its place in pixels."""

    x: float
    y: float
    words: str
    colour: str = ""
    address: str = ""  # of the application's decision


@dataclass(frozen=True)
class Drawing:
    """What the template admin/risk/ring.html draws."""

    customers: list[Node]
    shared: list[Node]
    lines: list[tuple[float, float, float, float]]
    title: str

    width, height = WIDTH, HEIGHT


def draw(case: ReviewCase) -> Drawing | None:
    """The graph around the applicant; None when nobody is linked."""
    graph = rings.of_decision(case.decision)
    shared = graph.shared()
    if not shared:
        return None
    last = _last_decisions(graph)
    names = sorted(graph.keys, key=lambda name: (name != case.customer_serial, name))
    places = {name: _on_circle(number, len(names), 1.0) for number, name in enumerate(names)}
    nodes, lines = [], []
    for (kind, _digest), whom in sorted(shared.items()):
        x, y = _among([places[name] for name in whom])
        nodes.append(Node(x, y, str(WORDS[kind])))
        lines += [(x, y, *places[name]) for name in sorted(whom)]
    ring = graph.ring()
    figures = {"size": ring.size, "homes": ring.homes, "density": f"{ring.density:.0%}"}
    return Drawing(
        customers=[_customer(name, places[name], last.get(name)) for name in names],
        shared=nodes,
        lines=lines,
        title=_("%(size)s linked customers in %(homes)s homes; %(density)s of the pairs are linked") % figures,
    )


def related(case: ReviewCase) -> Section:
    """The last application of each linked customer, with what links it."""
    graph = rings.of_decision(case.decision)
    by: dict[str, set[str]] = {name: set() for name in graph.keys}
    for (kind, _digest), whom in graph.shared().items():
        for name in whom:
            by[name].add(str(WORDS[kind]))
    rows: list[tuple[Words, ...]] = [
        (
            format_html('<a class="text-primary-600 underline" href="{}">{}</a>', _address(last), last.reference),
            name,
            last.get_outcome_display(),
            date_format(localtime(last.decided_at), "SHORT_DATETIME_FORMAT"),
            ", ".join(sorted(by[name])),
        )
        for name, last in sorted(_last_decisions(graph).items())
        if name != case.customer_serial
    ]
    columns = (_("Reference"), _("Customer"), _("Outcome"), _("Decided"), _("Shares"))
    return Section(_("Linked applications"), rows, columns)


def _last_decisions(graph: rings.Graph) -> dict[str, Decision]:
    found = Decision.objects.filter(customer_serial__in=graph.keys).order_by("customer_serial", "-id")
    return {each.customer_serial: each for each in found.distinct("customer_serial")}


def _customer(name: str, place: tuple[float, float], last: Decision | None) -> Node:
    if last is None:
        return Node(*place, _masked(name))
    return Node(*place, _masked(name), COLOURS[last.outcome], _address(last))


def _masked(serial: str) -> str:
    return f"…{serial[-4:]}"


def _address(decision: Decision) -> str:
    return reverse("admin:risk_decision_change", args=[decision.pk])


def _on_circle(number: int, of: int, out: float) -> tuple[float, float]:
    """The place of one of so many around the middle, the first at the top."""
    angle = 2 * math.pi * number / of - math.pi / 2
    x = WIDTH / 2 + out * (WIDTH / 2 - EDGE) * math.cos(angle)
    y = HEIGHT / 2 + out * (HEIGHT / 2 - EDGE) * math.sin(angle)
    return round(x, 1), round(y, 1)


def _among(places: list[tuple[float, float]]) -> tuple[float, float]:
    x = sum(x for x, _y in places) / len(places)
    y = sum(y for _x, y in places) / len(places)
    return round(WIDTH / 2 + (x - WIDTH / 2) * INWARD, 1), round(HEIGHT / 2 + (y - HEIGHT / 2) * INWARD, 1)
