"""What runs on late amounts day by day: penalty, and interest on principal that stayed unpaid. No Django, no clock."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from core.money import ZERO
from lending.conventions import Conventions, DayCount, Parts
from lending.interest import Factor, Rate, RateKind, rate_factor
from lending.penalty import PenaltyTerms
from lending.periods import Period
from lending.plan import add_parts
from lending.terms import Terms


@dataclass(slots=True)
class RateHistory:
    """The contract rate through time, and the periods it is counted in; the last period repeats beyond the end."""

    terms: Terms
    rates: list[tuple[date, Rate]]
    periods: tuple[Period, ...]
    _factors: dict[tuple[date, date, bool], Factor] = field(default_factory=dict)

    def factors(self, start: date, end: date, penalty: PenaltyTerms | None = None) -> list[Factor]:
        """Interest (or penalty) per yuan for the days [start, end), one factor for each rate and period."""
        changes = [*self.rates, *(penalty.later if penalty else ())]
        cuts = {start, end, *(day for day, _ in changes if start < day < end)}
        if self._needs_periods(penalty):
            cuts |= {period.due for period in self._periods_until(end) if start < period.due < end}
        days = sorted(cuts)
        return [self._factor(day, until, penalty) for day, until in pairwise(days)]

    def _needs_periods(self, penalty: PenaltyTerms | None) -> bool:
        own = penalty.rate if penalty else None
        kinds = {own.kind} if own else {rate.kind for _, rate in self.rates}
        return RateKind.PER_PERIOD in kinds or self.terms.conventions.day_count is DayCount.THIRTY_360

    def _factor(self, start: date, end: date, penalty: PenaltyTerms | None) -> Factor:
        """The factor of days in one period at one rate: the same for every instalment that is late through them."""
        known = (start, end, penalty is None)
        if known not in self._factors:
            self._factors[known] = self._reckon(start, end, penalty)
        return self._factors[known]

    def _reckon(self, start: date, end: date, penalty: PenaltyTerms | None) -> Factor:
        rate = (penalty.rate_on(start) if penalty else None) or self._rate_on(start)
        period = self._period_of(start) if self._needs_periods(penalty) else self.periods[-1]
        over, under = rate_factor(rate, self.terms.conventions.day_count, start, end, period)
        times = penalty.rate_factor if penalty and penalty.rate_factor is not None else 1
        return Factor(over * times, under)

    def _rate_on(self, day: date) -> Rate:
        return next((rate for since, rate in reversed(self.rates) if since <= day), self.rates[0][1])

    def _period_of(self, day: date) -> Period:
        periods = self._periods_until(day + timedelta(1))
        return periods[min(bisect_right(periods, day, key=lambda period: period.due), len(periods) - 1)]

    def _periods_until(self, day: date) -> tuple[Period, ...]:
        while self.periods[-1].due < day:
            self.periods += self.terms.more_periods(self.periods, len(self.periods))
        return self.periods


@dataclass(slots=True)
class Run:
    """Days on which an amount ran late, as stretches of one base each; a new stretch begins when the base changes."""

    stretches: list[tuple[Decimal, date, date]] = field(default_factory=list)

    def add(self, base: Decimal, start: date, end: date) -> None:
        """Let `base` yuan run from `start` (or from where the run stands, if later) to `end`."""
        if self.stretches:
            last_base, last_start, last_end = self.stretches[-1]
            start = max(start, last_end)
            if last_base == base and last_end == start:
                self.stretches[-1] = (base, last_start, max(end, last_end))
                return
        if base and start < end:
            self.stretches.append((base, start, end))

    def amount(self, history: RateHistory, conventions: Conventions, penalty: PenaltyTerms | None = None) -> Decimal:
        """What has run up, rounded: once, or stretch by stretch where parts are rounded each."""
        sums = [
            [Factor(base * factor.over, factor.under) for factor in history.factors(start, end, penalty)]
            for base, start, end in self.stretches
        ]
        if conventions.parts is Parts.EACH:
            return sum((conventions.round(add_parts(parts)) for parts in sums), ZERO)
        return conventions.round(add_parts([part for parts in sums for part in parts]))

    @property
    def yuan_days(self) -> Decimal:
        """Each base times its days."""
        return sum((base * (end - start).days for base, start, end in self.stretches), ZERO)

    def copy(self) -> "Run":
        """A run that can go on without this one."""
        return replace(self, stretches=list(self.stretches))
