"""How a challenger's decisions differ from those that were made, on the same applications."""

from collections import Counter
from dataclasses import dataclass, field

from django.contrib.postgres.aggregates import Corr
from django.db.models import Avg, Count, F, StdDev

from risk.models import ChallengerDecision, ModelVersion

MOST_POINTS = 1_500  # of a plot: the newest


@dataclass
class Band:
    """The decisions that the champion put in one risk band."""

    decisions: int = 0
    differ: int = 0  # in outcome
    approved: int = 0  # by the champion
    would_approve: int = 0

    @property
    def share(self) -> float:
        """The share whose outcome would differ."""
        return self.differ / self.decisions


@dataclass(frozen=True)
class Pair:
    """One application's two scores, and whether its two outcomes are the same."""

    score: int
    challenger: int
    same: bool


@dataclass
class Disagreement:
    """A challenger beside whatever decided. Moves: (outcome, the challenger's outcome) → how many."""

    version: str
    beside: list[str]  # labels of what decided
    failed: int
    correlation: float | None
    mean_difference: float | None  # of points, the challenger's less the champion's
    deviation: float | None
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    bands: dict[str, Band] = field(default_factory=dict)
    other_terms: int = 0  # the same outcome with another limit or rate
    pairs: list[Pair] = field(default_factory=list)

    @property
    def scored(self) -> int:
        """Decisions that both scored."""
        return self.moves.total()

    @property
    def differ(self) -> int:
        """Of these, those whose outcome would have been another."""
        return sum(count for (before, after), count in self.moves.items() if before != after)


def of(version: ModelVersion) -> Disagreement:
    """All that a version found as challenger, beside the decisions that were made."""
    rows = ChallengerDecision.objects.filter(version=version)
    scored = rows.filter(failure="")
    figures = scored.aggregate(
        correlation=Corr("score", "decision__score"),
        mean_difference=Avg(F("score") - F("decision__score")),
        deviation=StdDev(F("score") - F("decision__score")),
    )
    found = Disagreement(
        version=version.label,
        beside=sorted(scored.values_list("decision__scorecard", flat=True).distinct()),
        failed=rows.exclude(failure="").count(),
        **figures,
    )
    same = scored.filter(outcome=F("decision__outcome"))
    found.other_terms = (
        same.count() - same.filter(limit=F("decision__limit"), annual_rate=F("decision__annual_rate")).count()
    )
    counted = scored.values_list("decision__band", "decision__outcome", "outcome").order_by("decision__band")
    for name, before, after, count in counted.annotate(count=Count("*")):
        found.moves[before, after] += count
        _add(found.bands.setdefault(name, Band()), before, after, count)
    newest = scored.order_by("-id").values_list("decision__score", "score", "decision__outcome", "outcome")
    found.pairs = [Pair(one or 0, other or 0, before == after) for one, other, before, after in newest[:MOST_POINTS]]
    return found


def _add(band: Band, before: str, after: str, count: int) -> None:
    band.decisions += count
    band.differ += count * (before != after)
    band.approved += count * (before == "approved")
    band.would_approve += count * (after == "approved")
