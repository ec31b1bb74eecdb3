"""The challenger beside the champion: two plots and the numbers behind them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.admin.shown import Table
from risk.disagreement import Disagreement
from risk.models import Decision

SIZE, LEFT, TOP, BOTTOM = 360, 48, 10, 28
RIGHT, FLOOR = SIZE - 10, SIZE - BOTTOM


@dataclass(frozen=True)
class Scatter:
    """Score against score: places in pixels; the diagonal is where both agree."""

    dots: list[tuple[float, float, bool, str]]  # x, y, same outcome, words
    marks: list[tuple[float, float, str]]  # x, y, words of the scale, the same on both

    size, left, right, top, floor = SIZE, LEFT, RIGHT, TOP, FLOOR


@dataclass(frozen=True)
class Bar:
    """One band's share of decisions that would differ."""

    name: str
    x: float
    y: float
    width: float
    height: float
    words: str


def shown(found: Disagreement) -> dict[str, Any]:
    """What the template admin/risk/disagreement.html draws."""
    return {
        "found": found,
        "scatter": _scatter(found) if found.pairs else None,
        "bars": _bars(found),
        "tables": [_summary(found), _moves(found), _bands(found)],
    }


def _scatter(found: Disagreement) -> Scatter:
    scores = [score for pair in found.pairs for score in (pair.score, pair.challenger)]
    low, high = min(scores), max(max(scores), min(scores) + 1)
    scale = (RIGHT - LEFT) / (high - low)

    def across(score: float) -> float:
        return round(LEFT + (score - low) * scale, 1)

    def up(score: float) -> float:
        return round(FLOOR - (score - low) * (FLOOR - TOP) / (high - low), 1)

    return Scatter(
        dots=[
            (across(pair.score), up(pair.challenger), pair.same, f"{pair.score} / {pair.challenger}")
            for pair in found.pairs
        ],
        marks=[(across(score), up(score), f"{score:.0f}") for score in (low, (low + high) / 2, high)],
    )


def _bars(found: Disagreement) -> list[Bar]:
    """As high as the share is, out of the whole height."""
    step = (RIGHT - LEFT) / max(len(found.bands), 1)
    bars = []
    for place, (name, band) in enumerate(found.bands.items()):
        height = round((FLOOR - TOP) * band.share, 1)
        words = f"{band.share:.1%} ({band.differ}/{band.decisions})"
        x = round(LEFT + (place + 0.2) * step, 1)
        bars.append(Bar(name, x, FLOOR - height, round(step * 0.6, 1), height, words))
    return bars


def _summary(found: Disagreement) -> Table:
    rows: list[list[Any]] = [
        [_("beside"), ", ".join(found.beside) or "–"],
        [_("decisions scored by both"), found.scored],
        [_("decisions on which the challenger failed"), found.failed],
        [_("outcome would differ"), _part(found.differ, found.scored)],
        [_("same outcome, other limit or rate"), _part(found.other_terms, found.scored)],
        [_("correlation of the scores"), _rounded(found.correlation, 3)],
        [_("points more than the champion, on average"), _rounded(found.mean_difference, 1)],
        [_("deviation of that difference"), _rounded(found.deviation, 1)],
    ]
    return Table(_("In figures"), [_("measure"), _("value")], rows)


def _moves(found: Disagreement) -> Table:
    outcomes = Decision.Outcome
    rows = [[before.label, *(found.moves[before.value, after.value] for after in outcomes)] for before in outcomes]
    headers = [_("decided"), *(str(after.label) for after in outcomes)]
    return Table(_("What was decided, and in columns what the challenger would have decided"), headers, rows)


def _bands(found: Disagreement) -> Table:
    rows = [
        [
            name,
            band.decisions,
            _part(band.differ, band.decisions),
            _part(band.approved, band.decisions),
            _part(band.would_approve, band.decisions),
        ]
        for name, band in found.bands.items()
    ]
    headers = [_("risk band"), _("decisions"), _("outcome would differ"), _("approved"), _("would be approved")]
    return Table(_("By the champion's risk band"), headers, rows)


def _part(count: int, whole: int) -> str:
    return f"{count} ({count / whole:.1%})" if whole else "–"


def _rounded(value: float | None, places: int) -> str:
    return "–" if value is None else f"{value:.{places}f}"
