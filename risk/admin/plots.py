"""Plots as SVG that the server draws: a line of values, a line of what is expected, red where it alarms."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 560, 150, 56, 10, 22


@dataclass(frozen=True)
class Point:
    """One day's value. What was expected may differ from day to day."""

    date: dt.date
    value: float
    expected: float
    alarming: bool


@dataclass(frozen=True)
class Plot:
    """What the template admin/risk/plot.html draws; places in pixels."""

    title: str
    line: str
    expected: str
    dots: list[tuple[float, float, bool, str]]  # x, y, alarming, words
    marks: list[tuple[float, str]]  # y, words of the scale
    first: dt.date
    last: dt.date
    alarming: bool

    width, height, left = WIDTH, HEIGHT, LEFT
    right, bottom = WIDTH - 8, HEIGHT - BOTTOM


def plot(title: str, points: Sequence[Point], words: Sequence[str]) -> Plot:
    """The plot of at least one point, oldest first; `words` say each point's value to people."""
    values = [each.value for each in points] + [each.expected for each in points]
    low, high = min(0.0, *values), max(*values) * 1.1 or 1.0
    days = max((points[-1].date - points[0].date).days, 1)

    def x(date: dt.date) -> float:
        return round(LEFT + (Plot.right - LEFT) * (date - points[0].date).days / days, 1)

    def y(value: float) -> float:
        return round(Plot.bottom - (Plot.bottom - TOP) * (value - low) / (high - low), 1)

    return Plot(
        title=title,
        line=" ".join(f"{x(each.date)},{y(each.value)}" for each in points),
        expected=" ".join(f"{x(each.date)},{y(each.expected)}" for each in points),
        dots=[(x(each.date), y(each.value), each.alarming, said) for each, said in zip(points, words, strict=True)],
        marks=[(y(value), f"{value:.3g}") for value in (low, (low + high) / 2, high)],
        first=points[0].date,
        last=points[-1].date,
        alarming=points[-1].alarming,
    )
