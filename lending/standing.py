"""How a loan stands on a date: its frozen terms and its own events, folded by the arithmetic that anyone can check.

Nothing here changes anything; `dues` and `repayments` book what the fold says.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core.money import ZERO
from lending import cooling_off, frozen_terms, quotes
from lending.allocation import Amounts
from lending.conventions import DayCount
from lending.events import Event, Extension, GivingBack, Payment, Reversal, Waiver, WriteOff
from lending.fold import LoanFold, fold
from lending.interest import Rate, RateKind
from lending.models import Loan, LoanEvent, Repayment
from lending.payoff import payoff_of
from lending.penalty import PenaltyTerms
from lending.prepayment import Strategy
from lending.terms import RateChange, Terms

Kind = LoanEvent.Kind
PAYMENTS = [Kind.PAYMENT, Kind.RECOVERY, Kind.GIVING_BACK]
CHANGES = [Kind.WAIVER, Kind.EXTENSION, Kind.RATE, Kind.WRITE_OFF]
FOLDED = [*PAYMENTS, Kind.REVERSAL, *CHANGES]
PENALTY_YEAR = 365


def fold_of(loan: Loan, on: dt.date, more: Sequence[Event] = (), *, known_at: dt.datetime | None = None) -> LoanFold:
    """The loan at the end of business date `on`, by its events and `more` that are not yet written.

    With `known_at` (real time) it is as it was known then: by the events recorded until that moment. Raises
    EventRefused where one of `more` cannot happen so.
    """
    told = happened(loan, known_at)
    events = [*told, *more]
    return fold(terms_of(loan), events, on, penalty_of(loan, events), known=len(told))


@dataclass(frozen=True)
class Owed:
    """What is owed on a day, yuan: what is due by then, and what settles the loan."""

    due: Decimal
    payoff: Decimal


def owed_on(loan: Loan, on: dt.date) -> Owed:
    """What is owed on a business date, that day's penalty included; nothing before the payout and after the end."""
    return owed_of(fold_of(loan, on)) if loan.is_owed else Owed(ZERO, ZERO)


def owed_of(folded: LoanFold) -> Owed:
    """The same of a loan already folded. The payoff has interest only for the days used (Civil Code 677); of a loan
    written off all that is still claimed is due."""
    if folded.claims is not None:
        return Owed(due=folded.claim, payoff=folded.claim)
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


def penalty_of(loan: Loan, events: Sequence[Event] = ()) -> PenaltyTerms:
    """What lateness costs: by the day, on overdue principal; less from the day the contract rate is lowered."""
    lowered = [event for event in events if isinstance(event, RateChange)]
    later = [(each.date, _penalty_rate(loan, each.rate.value)) for each in sorted(lowered, key=lambda each: each.date)]
    return PenaltyTerms(
        rate=_penalty_rate(loan, loan.annual_rate), grace_days=loan.frozen_terms["grace_days"], later=tuple(later)
    )


def _penalty_rate(loan: Loan, annual_rate: Decimal) -> Rate:
    """Penalty runs by real days over 365 whatever the contract's year: left whole where that is the same, so that no
    tie of half a fen is lost by dividing first."""
    rate = quotes.penalty_rate_of_year(loan.frozen_terms, annual_rate)
    if frozen_terms.conventions_of(loan.frozen_terms).day_count is DayCount.ACTUAL_365:
        return Rate(RateKind.ANNUAL, rate)
    return Rate(RateKind.DAILY, rate / PENALTY_YEAR)


def happened(loan: Loan, known_at: dt.datetime | None = None) -> list[Event]:
    """What the customer, the institution and we did, in the order in which we learnt of it, until `known_at`."""
    events: list[Event] = []
    told = list(recorded(loan, known_at).filter(kind__in=FOLDED))
    for event in told:
        if event.kind in PAYMENTS:
            events.append(payment(loan, event.amount, event.counts_from, event.details.get("strategy", "")))
        elif event.kind in CHANGES:
            events.append(change(event.kind, event.details, event.counts_from))
        else:
            events.append(Reversal(event.counts_from, _place(told, event.reference)))
    return events


def change(kind: str, details: dict[str, Any], on: dt.date) -> Event:
    """A change of the loan as the fold takes it, from what its event keeps; it counts from `on`."""
    if kind == Kind.WAIVER:
        return Waiver(on, Amounts(penalty=Decimal(details["penalty"]), interest=Decimal(details["interest"])))
    if kind == Kind.EXTENSION:
        return Extension(on, details["months"])
    if kind == Kind.RATE:
        return RateChange(on, Rate(RateKind.ANNUAL, Decimal(details["annual_rate"])))
    return WriteOff(on)


def payment(loan: Loan, amount: Decimal, on: dt.date, strategy: str) -> Payment:
    """A payment as the fold takes it: by the loan's own allocation orders; what exceeds the dues by `strategy`."""
    order = frozen_terms.allocation_order(loan.frozen_terms)
    late_orders = frozen_terms.late_orders(loan.frozen_terms)
    if strategy == Repayment.Strategy.GIVE_BACK:
        return GivingBack(on, amount, order, Strategy.LOWER, days_used_cost=cooling_off.days_used_cost(loan))
    return Payment(on, amount, order, Strategy(strategy) if strategy else None, late_orders)


def reversal(loan: Loan, reference: str, on: dt.date) -> Reversal:
    """The taking back of the payment that order `reference` made: named by its place, as the fold asks."""
    return Reversal(on, _place(recorded(loan).filter(kind__in=FOLDED), reference))


def _place(told: Iterable[LoanEvent], reference: str) -> int:
    """Which of the events told is the payment of order `reference`: it comes before its reversal."""
    return next(place for place, event in enumerate(told) if event.reference == reference)


def recorded(loan: Loan, until: dt.datetime | None = None) -> QuerySet[LoanEvent]:
    """The loan's events in their order; only those recorded `until` a moment (real time), where one is given."""
    events = loan.events.order_by("no")
    return events.filter(recorded_at__lte=until) if until else events
