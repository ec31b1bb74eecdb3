"""How a loan stands on a date: its frozen terms and its own events, folded by the arithmetic that anyone can check.

Nothing here changes anything; `dues` and `repayments` book what the fold says.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from lending import frozen_terms, quotes
from lending.conventions import DayCount
from lending.events import Event, Payment, Reversal
from lending.fold import LoanFold, fold
from lending.interest import Rate, RateKind
from lending.models import Loan, LoanEvent
from lending.payoff import payoff_of
from lending.penalty import PenaltyTerms
from lending.prepayment import Strategy
from lending.terms import Terms

Kind = LoanEvent.Kind
PENALTY_YEAR = 365


def fold_of(loan: Loan, on: dt.date, more: Sequence[Event] = ()) -> LoanFold:
    """The loan at the end of business date `on`, by its events and `more` that are not yet written."""
    return fold(terms_of(loan), [*happened(loan), *more], on, penalty_of(loan))


@dataclass(frozen=True)
class Owed:
    """What is owed on a day, yuan: what is due by then, and what settles the loan."""

    due: Decimal
    payoff: Decimal


def owed_on(loan: Loan, on: dt.date) -> Owed:
    """What is owed on a business date, that day's penalty included; nothing before the payout and after the end."""
    return owed_of(fold_of(loan, on)) if loan.is_repaying else Owed(ZERO, ZERO)


def owed_of(folded: LoanFold) -> Owed:
    """The same of a loan already folded. The payoff has interest only for the days used (Civil Code 677)."""
    return Owed(due=folded.due.total, payoff=payoff_of(folded).total)


def terms_of(loan: Loan) -> Terms:
    """The loan's frozen terms from its value date on."""
    assert loan.value_date is not None
    return frozen_terms.terms(
        loan.frozen_terms,
        principal=loan.principal,
        annual_rate=loan.annual_rate,
        term_months=loan.term_months,
        value_date=loan.value_date,
    )


def penalty_of(loan: Loan) -> PenaltyTerms:
    """What lateness costs: by the day, on overdue principal."""
    rate = quotes.penalty_rate_of_year(loan.frozen_terms, loan.annual_rate)
    return PenaltyTerms(rate=_by_the_day(loan, rate), grace_days=loan.frozen_terms["grace_days"])


def _by_the_day(loan: Loan, annual_rate: Decimal) -> Rate:
    """Penalty runs by real days over 365 whatever the contract's year: left whole where that is the same, so that no
    tie of half a fen is lost by dividing first."""
    if frozen_terms.conventions_of(loan.frozen_terms).day_count is DayCount.ACTUAL_365:
        return Rate(RateKind.ANNUAL, annual_rate)
    return Rate(RateKind.DAILY, annual_rate / PENALTY_YEAR)


def happened(loan: Loan) -> list[Event]:
    """What the customer and the institution did, in the order in which we learnt of it."""
    events: list[Event] = []
    told = list(_told(loan))
    for event in told:
        if event.kind == Kind.PAYMENT:
            events.append(payment(loan, event.amount, event.counts_from, event.details.get("strategy", "")))
        else:
            events.append(Reversal(event.counts_from, _place(told, event.reference)))
    return events


def payment(loan: Loan, amount: Decimal, on: dt.date, strategy: str) -> Payment:
    """A payment as the fold takes it: by the loan's own allocation order; what exceeds the dues by `strategy`."""
    order = tuple(frozen_terms.allocation_order(loan.frozen_terms))
    return Payment(on, amount, order, Strategy(strategy) if strategy else None)


def reversal(loan: Loan, reference: str, on: dt.date) -> Reversal:
    """The taking back of the payment that order `reference` made: named by its place, as the fold asks."""
    return Reversal(on, _place(_told(loan), reference))


def _place(told: Iterable[LoanEvent], reference: str) -> int:
    """Which of the events told is the payment of order `reference`: it comes before its reversal."""
    return next(place for place, event in enumerate(told) if event.reference == reference)


def _told(loan: Loan) -> QuerySet[LoanEvent]:
    return loan.events.filter(kind__in=[Kind.PAYMENT, Kind.REVERSAL]).order_by("no")
