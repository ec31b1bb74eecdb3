"""What a loan costs as a whole in a year, penalties and fees included, against a limit. No Django, no clock.

The regulator caps the all-in cost of one loan, contingent items included (domain rules, limits and price).
"""

from collections.abc import Sequence
from decimal import Decimal

from core.money import ZERO
from lending.apr import Flow, months_between
from lending.conventions import InterestOn
from lending.events import Event
from lending.fold import LoanFold
from lending.interest import Rate, RateKind
from lending.penalty import PenaltyTerms, penalty_daily_rate
from lending.terms import Terms

YEAR = 365


def flows_of(loan: LoanFold, events: Sequence[Event]) -> list[Flow]:
    """Every flow of a folded loan: draws, what payments paid, what is due on the day of the fold (as if it were paid
    then), and the instalments to come."""
    start = loan.terms.start
    dated = [(draw.date, -draw.amount) for draw in loan.terms.draws]
    dated += [(events[index].date, taken.total) for index, taken in loan.taken.items()]
    statement = loan.statement()
    dated.append((loan.day, loan.due.total))
    dated += [(row.due, row.total - row.prepaid) for row in statement.rows[len(loan.debts) :]]
    return [Flow(months_between(start, day), amount) for day, amount in dated if amount]


def penalty_rate_left(terms: Terms, limit: Decimal, penalty: PenaltyTerms | None) -> Decimal:
    """The daily penalty rate, a fraction, that an annual `limit` leaves: the agreed one, at most the limit by day.

    Where late principal bears interest too, that interest takes its share of the limit first.
    """
    left = limit / YEAR
    if terms.conventions.interest_on is InterestOn.OUTSTANDING:
        left = max(ZERO, left - _daily(terms.rate))
    agreed = _agreed(terms.rate, penalty)
    return left if agreed is None else min(left, agreed)


def _agreed(contract: Rate, penalty: PenaltyTerms | None) -> Decimal | None:
    if penalty is None:
        return None
    if penalty.rate is not None:
        return _daily(penalty.rate)
    return _daily(contract) * (penalty.rate_factor or ZERO)


def _daily(rate: Rate) -> Decimal:
    if rate.kind is RateKind.PER_PERIOD:
        return rate.value * 12 / YEAR
    return penalty_daily_rate(rate, Decimal(1))
