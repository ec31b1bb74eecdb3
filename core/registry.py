"""What flows upward, against the arrows: a lower app announces an outcome, the app above has registered what to do.

Registered in AppConfig.ready, looked up by a key (an order's purpose, a decision's subject). A handler's `lock` is
called before the lower app locks its own row, so that the one lock order holds (customer → credit line → loan →
order → ledger accounts); `apply` runs inside the same transaction as the lower app's change. Neither opens a
durable transaction.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

OutcomeT = TypeVar("OutcomeT", contravariant=True)


class Handler(Protocol[OutcomeT]):
    """What an upper app does with an outcome."""

    def lock(self, reference: str) -> None:
        """Lock, in lock order, the upper rows that `apply` will change."""

    def apply(self, outcome: OutcomeT) -> None:
        """Act on the outcome, inside the open transaction."""


class ManyHandler(Handler[OutcomeT], Protocol[OutcomeT]):
    """A handler that acts on many outcomes at once, too."""

    def lock_free(self, references: Sequence[str]) -> set[str]:
        """Lock what `lock` would of each, without waiting for anybody. Returns the references that are free."""

    def apply_all(self, outcomes: Sequence[OutcomeT]) -> None:
        """Act on each outcome, inside the open transaction."""


HandlerT = TypeVar("HandlerT")


class Registry(Generic[HandlerT]):
    """The handlers of one kind of outcome, one a key."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handlers: dict[str, HandlerT] = {}

    def register(self, key: str, handler: HandlerT) -> None:
        """Name the handler of `key`. Raises ValueError when it has one already."""
        if key in self._handlers:
            raise ValueError(f"{self.name} already has a handler for {key!r}")
        self._handlers[key] = handler

    def handler(self, key: str) -> HandlerT:
        """The handler of `key`. Raises LookupError when there is none: the work is parked until there is."""
        try:
            return self._handlers[key]
        except KeyError:
            raise LookupError(f"nobody has registered for {self.name} of {key!r}") from None

    def all(self) -> list[tuple[str, HandlerT]]:
        """Every key with its handler, in the order of the keys."""
        return sorted(self._handlers.items(), key=lambda pair: pair[0])


@dataclass(frozen=True)
class DecisionOutcome:
    """A credit decision has become final (risk → whoever asked). Amounts in yuan, `annual_rate` a fraction."""

    decision_serial: str
    reference: str
    outcome: str  # "approved" or "declined"
    limit: Decimal
    annual_rate: Decimal
    reasons: tuple[str, ...]
    decided_by: str


@dataclass(frozen=True)
class OrderOutcome:
    """A payment order has come to an end, or come back (payments → whoever ordered). Amounts in yuan."""

    order_serial: str
    purpose: str
    reference: str
    status: str  # "succeeded", "failed" or "returned"
    amount: Decimal
    settled_at: dt.datetime  # real time
    business_date: dt.date
    channel: str
    reason: str = ""
    after_failure: bool = False  # it had been told to have failed


@dataclass(frozen=True)
class LoanAged:
    """How a loan stands after a day close (lending → collections). Amounts in yuan; zero arrears when cured."""

    loan_serial: str
    customer_serial: str
    business_date: dt.date
    dpd: int
    bucket: str
    arrears: Decimal
    outstanding_principal: Decimal
    payment_on_its_way: bool = False


decision_finalised: Registry[Handler[DecisionOutcome]] = Registry("decision finalised")
order_settled: Registry[Handler[OrderOutcome]] = Registry("order settled")
loan_aged: Registry[ManyHandler[LoanAged]] = Registry("loan aged")


@dataclass(frozen=True)
class Since:
    """From when on something counts as changed: rows stamped in real time, and rows stamped in business time."""

    real: dt.datetime
    business: dt.datetime


@dataclass(frozen=True)
class Facts:
    """Plain values about many customers, for one section of their profiles: "features", "behaviour" or "exposure".

    Each row is a customer's serial number, then the values in the order of `names`.
    """

    section: str
    names: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]


class ProfileSource(Protocol):
    """An app that knows something about customers that belongs in their profiles (whoever knows → risk)."""

    def changed(self, since: Since | None) -> Iterable[str]:
        """The serial numbers of the active customers whose facts may have changed since; of all without a `since`."""

    def facts(self, customers: Sequence[str]) -> Iterable[Facts]:
        """What is known of these customers, given by their serial numbers. Facts that time alone would change, such
        as an age in days, are given as dates: a profile has a new row only when something happened."""


class OutcomeSource(Protocol):
    """Who knows what became of the credit that a subject's decisions granted (lending → risk)."""

    def outcomes(
        self, paid_out_from: dt.date, paid_out_before: dt.date, *, late_days: int, within_days: int
    ) -> Iterable[tuple[str, bool]]:
        """Of the credit paid out between two business dates: the reference that was decided, and whether it was
        `late_days` past due, or written off, within `within_days` of the payout."""


# A business day is settled and compared with every institution's statement (payments → whoever acts on it); called
# again when the day is settled again.
day_settled: Registry[Callable[[dt.date], None]] = Registry("day settled")


# A customer (serial number) withdraws the consent to one purpose (accounts → whoever acted by it), in the transaction
# that withdraws it, with the customer locked.
consent_withdrawn: Registry[Callable[[str, str], None]] = Registry("consent withdrawn")


class CreditStandings(Protocol):
    """Who knows which customers owe, and how often they applied (lending → risk, for other lenders' queries)."""

    def standings(self, customers: Sequence[str], since: dt.datetime) -> Iterable[tuple[str, bool, int]]:
        """Of customers given by their serial numbers: serial number, whether a debt is open now, and the number of
        applications `since` a real time. Whoever has neither may be left out."""


profile_sources: Registry[ProfileSource] = Registry("profile facts")
credit_outcomes: Registry[OutcomeSource] = Registry("outcomes of credit")
credit_standings: Registry[CreditStandings] = Registry("credit standings")
