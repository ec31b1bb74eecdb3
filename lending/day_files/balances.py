"""What a standing loan owes at the end of a day, by instalment and in all: the whole, and the partner's part."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

from lending.accruals import NON_ACCRUAL_ABOVE
from lending.day_files.parts import Running, Weights
from lending.day_files.text import Amounts
from lending.reports import FIVE_CLASSES

CLASSES = ("pass", "special_mention", "substandard", "doubtful", "loss")
ABOVE = [above for _label, above in FIVE_CLASSES]
NOTHING: Amounts = (0,) * 6


@dataclass(frozen=True, slots=True)
class Row:
    """An instalment: fen of each component, and of it what is paid or waived. Interest and penalty are owed once it has
    fallen due."""

    no: int
    start: dt.date
    due: dt.date
    has_fallen_due: bool
    principal: int
    interest: int
    penalty: int
    gone_principal: int
    gone_interest: int
    gone_penalty: int

    @property
    def has_arrears(self) -> bool:
        """Whether something of it is due, penalty apart."""
        return self.has_fallen_due and self.principal + self.interest > self.gone_principal + self.gone_interest


@dataclass(frozen=True, slots=True)
class StandingLoan:
    """A loan's rows as they are at the end of a day, and the partner's shares of its principal and its income."""

    serial: str
    principal: Weights
    income: Weights
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Balances:
    """Six balances of each instalment that is not all paid and of the loan, then what is accrued of the latter's normal
    interest. `standing` is status, class, accrual status and days overdue."""

    standing: tuple[str, str, str, int]
    whole: Amounts
    part: Amounts
    accrued: tuple[int, int]
    instalments: Sequence[tuple[tuple[Any, ...], Amounts, Amounts]]


def balances(loan: StandingLoan, day: dt.date) -> Balances:
    """The loan's balances at the end of `day`, fen."""
    late_since = min((row.due for row in loan.rows if row.has_arrears), default=day)
    dpd = max((day - late_since).days, 0)
    accrual = "accruing" if dpd <= NON_ACCRUAL_ABOVE else "non_accrual"
    standing = ("overdue" if dpd else "active", class_of(dpd), accrual, dpd)
    whole, part, accrued, instalments = NOTHING, NOTHING, (0, 0), []
    for row, owed, owed_part in _owed(loan):
        run_up = _accrued(row, day) if accrual == "accruing" else 0
        run_up_part = loan.income.part(run_up)
        accrued = (accrued[0] + run_up, accrued[1] + run_up_part)
        is_overdue = row.has_fallen_due and row.due < day
        six, six_part = _six(owed, run_up, is_overdue), _six(owed_part, run_up_part, is_overdue)
        whole, part = tuple(map(add, whole, six)), tuple(map(add, part, six_part))
        if any(six) or any(six_part):
            facts = (loan.serial, row.no, row.due, *_standing_of(row, day, standing))
            instalments.append((facts, six, six_part))
    return Balances(standing, whole, part, accrued, instalments)


def class_of(dpd: int) -> str:
    """The code of the five classes, by days past due."""
    return next(name for name, above in zip(reversed(CLASSES), reversed(ABOVE), strict=True) if dpd > above)


def plan(loan: StandingLoan) -> Iterator[tuple[tuple[Any, ...], Amounts, Amounts]]:
    """The rows of its repayment plan: principal and interest, the whole and the partner's part."""
    principal, interest = Running(loan.principal), Running(loan.income)
    for row in loan.rows:
        part = (principal.add(row.principal), interest.add(row.interest))
        yield (loan.serial, row.no, row.start, row.due), (row.principal, row.interest), part


def _owed(loan: StandingLoan) -> Iterator[tuple[Row, Amounts, Amounts]]:
    """Principal, interest and penalty not yet paid of each row. Owed and gone are split as running totals, each as the
    ledger splits it, so that the rows add up to what the ledger says of the partner."""
    weights = (loan.principal, loan.income, loan.income)
    owed, gone = [Running(each) for each in weights], [Running(each) for each in weights]
    for row in loan.rows:
        billed = (row.principal, row.interest * row.has_fallen_due, row.penalty * row.has_fallen_due)
        paid = (row.gone_principal, row.gone_interest, row.gone_penalty)
        whole = tuple(one - other for one, other in zip(billed, paid, strict=True))
        part = tuple(
            running.add(one) - less.add(other)
            for running, less, one, other in zip(owed, gone, billed, paid, strict=True)
        )
        yield row, whole, part


def _accrued(row: Row, day: dt.date) -> int:
    """Interest of the open period up to the end of `day`, rounded half up (lending.accruals)."""
    if row.has_fallen_due or not row.start <= day < row.due:
        return 0
    days, period = (day - row.start).days, (row.due - row.start).days
    return (2 * row.interest * days + period) // (2 * period)


def _six(owed: Amounts, run_up: int, is_overdue: bool) -> Amounts:
    principal, interest, penalty = owed
    if is_overdue:
        return (0, principal, run_up, interest, penalty, 0)
    return (principal, 0, interest + run_up, 0, penalty, 0)


def _standing_of(row: Row, day: dt.date, loan: tuple[str, str, str, int]) -> tuple[str, str, str, int]:
    """An instalment is overdue for itself; class and accrual status are the loan's."""
    dpd = max((day - row.due).days, 0) if row.has_arrears else 0
    return ("overdue" if dpd else "active", loan[1], loan[2], dpd)
