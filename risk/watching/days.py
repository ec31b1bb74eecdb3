"""The watch over each business day, one after the other, and over the last minutes: what is found raises alerts."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import actors, alerts, clock, work
from core.alerts import Severity
from risk.models import Decision, Figure, WatchedDay
from risk.watching import bursts, figures, outcomes, tallies
from risk.watching.tallies import ONE_DAY

WATCH_DAY, WATCH_BURSTS = "watch_day", "watch_bursts"
# What comes in bursts → the kind of its alert.
BURSTS = {"fraud": "fraud_burst", "applications": "application_burst"}
WATCHER = actors.system("watching")
Measure = Figure.Measure
# From which value on a measure is critical rather than a warning.
CRITICAL = {Measure.SCORE_DRIFT: 0.25, Measure.CALIBRATION: 1.5}
SENTENCES = {
    Measure.APPROVAL_RATE: _(
        "Approved were %(value)s of %(count)s decisions in %(days)s days; under this policy it was %(expected)s. Look"
        " at who applies and at the rules."
    ),
    Measure.SCORE_DRIFT: _(
        "The scores of %(count)s decisions in %(days)s days differ from the first weeks: PSI %(value)s, allowed"
        " %(expected)s. Look at which features moved."
    ),
    Measure.FEATURE_DRIFT: _(
        "The feature %(subject)s of %(count)s decisions in %(days)s days differs from the first weeks: CSI %(value)s,"
        " allowed %(expected)s. Is it still collected in the same way?"
    ),
    Measure.HIT_RATE: _(
        "The rule %(subject)s hit %(value)s of %(count)s decisions in %(days)s days; before it was %(expected)s."
    ),
    Measure.LATENCY: _(
        "A decision took up to %(value)s milliseconds (99 of 100) in %(days)s days; allowed are %(expected)s."
    ),
    Measure.CALIBRATION: _(
        "Of %(count)s loans whose year is up, %(value)s times as many defaulted as scorecard %(subject)s expected. Stop"
        " or tighten it, and have it calibrated anew."
    ),
    Measure.EARLY_DEFAULTS: _(
        "Of %(count)s loans %(value)s were 30 days late in their first months; before it was %(expected)s. Look at them"
        " for fraud."
    ),
}


def start_what_is_due() -> None:
    """Have the oldest day that is over and was not watched yet watched."""
    last = WatchedDay.objects.order_by("-business_date").first()
    if last:
        day = last.business_date + ONE_DAY
    else:
        first = Decision.objects.order_by("decided_at").first()
        if first is None:
            return
        day = clock.business_date_of(first.decided_at)
    if day < clock.today():
        with transaction.atomic(durable=True):
            work.enqueue(WATCH_DAY, day.isoformat())


def look_for_bursts() -> None:
    """Have the last minutes looked at."""
    with transaction.atomic(durable=True):
        work.enqueue(WATCH_BURSTS, "now")


def watch_day(key: str) -> None:
    """Work handler: count a business date (ISO), judge it, raise and end alerts. Again is harmless."""
    date = dt.date.fromisoformat(key)
    if date >= clock.today():
        raise ValueError(f"{date} is not over")
    with transaction.atomic(durable=True):
        if WatchedDay.objects.filter(business_date=date).exists():
            return
        day = tallies.count_day(date)
        found = [*figures.of_decisions(day), *outcomes.of_outcomes(day)]
        Figure.objects.bulk_create(found)
        _tell(found)
    start_what_is_due()


def watch_bursts(key: str) -> None:
    """Work handler: raise or end the alerts of bursts."""
    found = bursts.look()
    with transaction.atomic(durable=True):
        for name, burst in found.items():
            if burst.alarming:
                facts: dict[str, str | int] = {"seen": burst.seen, "expected": f"{burst.expected:.1f}"}
                alerts.raise_alert(BURSTS[name], "all", severity=Severity.CRITICAL, **facts)
            else:
                alerts.clear(BURSTS[name], "all", by=WATCHER, why="back to what is usual")


def _tell(found: list[Figure]) -> None:
    """One alert for a measure of a subject, by its worst span; none alarming ends it."""
    by_key: dict[tuple[str, str], list[Figure]] = {}
    for figure in found:
        by_key.setdefault((figure.measure, figure.subject), []).append(figure)
    for (measure, subject), spans in by_key.items():
        alarming = [figure for figure in spans if figure.alarming]
        if alarming:
            _raise(max(alarming, key=lambda figure: abs(figure.value - figure.expected)))
        else:
            alerts.clear(kind_of(measure), subject or "all", by=WATCHER, why="as expected again")


def kind_of(measure: str) -> str:
    """The kind of the alert that a measure raises."""
    return f"watching_{measure}"


def _raise(figure: Figure) -> None:
    critical = CRITICAL.get(Measure(figure.measure))
    alerts.raise_alert(
        kind_of(figure.measure),
        figure.subject or "all",
        severity=Severity.CRITICAL if critical and figure.value >= critical else Severity.WARNING,
        subject=figure.subject,
        days=figure.days,
        count=figure.count,
        value=shown(figure.measure, figure.value),
        expected=shown(figure.measure, figure.expected),
    )


def shown(measure: str, value: float) -> str:
    """A measure's value for people: shares in per cent, times in whole milliseconds, the others with two places."""
    if measure in (Measure.APPROVAL_RATE, Measure.HIT_RATE, Measure.EARLY_DEFAULTS):
        return f"{value:.1%}"
    return f"{value:.0f}" if measure == Measure.LATENCY else f"{value:.2f}"


def register() -> None:
    """Called once, when the app is ready."""
    work.register(WATCH_DAY, watch_day)
    work.register(WATCH_BURSTS, watch_bursts)
    for measure, sentence in SENTENCES.items():
        alerts.register(kind_of(measure), title=measure.label, sentence=sentence)
    alerts.register(
        BURSTS["fraud"],
        title=_("Burst of fraud"),
        sentence=_(
            "Layers against fraud spoke up in %(seen)s decisions where %(expected)s were expected: look at the newest"
            " applications and what they share."
        ),
    )
    alerts.register(
        BURSTS["applications"],
        title=_("Burst of applications"),
        sentence=_("%(seen)s applications came where %(expected)s were expected: a campaign, or a machine?"),
    )
