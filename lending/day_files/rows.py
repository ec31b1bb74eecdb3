"""One event of a loan as rows of the day files: a payout, a repayment and how it was spread, what was waived, and the
money that moved. Amounts in fen: the whole from the event, the partner's part from the ledger."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import to_fen
from lending import standing
from lending.day_files.events import Happening
from lending.day_files.parts import spread
from lending.day_files.text import Amounts
from lending.fold import LoanFold
from lending.models import Loan, LoanEvent, LoanFunding, Repayment
from payments.chart import AccountKind
from payments.models import PaymentOrder

Kind = LoanEvent.Kind
COMPONENTS = ("principal", "interest", "penalty")
# Each component's part stands on the first account; what is paid of it is taken from the second (lending.booking).
OWED = (AccountKind.LOAN_PRINCIPAL, AccountKind.INTEREST_RECEIVABLE, AccountKind.PENALTY_RECEIVABLE)
TAKEN_FROM = (AccountKind.FUND_POOL, AccountKind.INTEREST_INCOME, AccountKind.PENALTY_INCOME)
PAYOUTS = {Kind.DISBURSEMENT: "paid_out", Kind.RETURN: "returned"}
MOVEMENTS = {Kind.DISBURSEMENT: "payout", Kind.RETURN: "payout_returned", Kind.REVERSAL: "collection_returned"}
REPAID_BY = {Repayment.Kind.ACTIVE.value: "active", Repayment.Kind.DEDUCTION.value: "scheduled"}
MOMENT = dt.timedelta(microseconds=1)
Put = tuple[tuple[Any, ...], Amounts, Amounts]


@dataclass(frozen=True, slots=True)
class Repaid:
    """What an event made of what was owed, by component: paid, and gone without being paid. The whole, and the
    partner's part."""

    paid: Amounts
    paid_part: Amounts
    forgiven: Amounts
    forgiven_part: Amounts
    recovered: int
    recovered_part: int
    overpaid: int


def repaid(event: Happening) -> Repaid:
    """Read it from the event's own spread and from the partner's postings: what is owed less is paid as far as it was
    taken from the partner's pool and income, and forgiven for the rest."""
    paid_part = tuple(event.of(kind).part for kind in TAKEN_FROM)
    gone_part = tuple(-event.of(kind).part for kind in OWED)
    forgiven = zip(_spread(event, "waived"), _spread(event, "lost"), strict=True)
    recovered, before = _single(event, "recovered"), to_fen(event.recovered_before)
    return Repaid(
        paid=_spread(event, "paid"),
        paid_part=paid_part,
        forgiven=tuple(map(sum, forgiven)),
        forgiven_part=tuple(gone - paid for gone, paid in zip(gone_part, paid_part, strict=True)),
        recovered=recovered,
        recovered_part=event.weights.part(before + recovered) - event.weights.part(before),
        overpaid=_single(event, "overpaid"),
    )


def loan_row(event: Happening, funding: LoanFunding) -> Put:
    """A payout, or one that came back; `funding` is the partner's share of the loan."""
    loan = funding.loan
    facts = (
        *(event.loan, event.no, event.booked_on, event.reference, PAYOUTS[Kind(event.kind)]),
        *(loan.frozen_terms["product"], loan.frozen_terms["method"], loan.term_months),
        *(loan.value_date, loan.annual_rate),
        *(funding.share, funding.income_share, funding.servicing_fee),
    )
    moved = event.of(AccountKind.LOAN_PRINCIPAL)
    return facts, (moved.whole,), (moved.part,)


def repayment_row(event: Happening, took: Repaid, kind: str, timing: str) -> Put:
    """A repayment of the loan. The servicing fee is what the partner's postings moved less than its parts."""
    facts = (event.loan, event.no, event.booked_on, event.value_date, event.reference, kind, timing)
    amount = sum(took.paid) + took.recovered + took.overpaid
    part = sum(took.paid_part) + took.recovered_part
    fee = -event.of(AccountKind.PARTNER_SETTLEMENT).part - part
    whole_of = (amount, *took.paid, took.recovered, took.overpaid, 0)
    return facts, whole_of, (part, *took.paid_part, took.recovered_part, 0, fee)


def instalment_rows(event: Happening, took: Repaid, kind: str) -> list[Put]:
    """How a repayment was spread over the instalments, by the fold without it and with it."""
    laid = _laid(event) if any(took.paid) else []
    if not laid:
        return []
    parts = [spread(took.paid_part[place], [row[2][place] for row in laid]) for place in range(len(COMPONENTS))]
    return [
        ((event.loan, event.no, no, due, kind, timing_of(due, event.value_date)), whole, tuple(part))
        for (no, due, whole), part in zip(laid, zip(*parts, strict=True), strict=True)
    ]


def waiver_row(event: Happening, took: Repaid) -> Put | None:
    """What was forgiven or given up; None if nothing."""
    lost, lost_part = sum(_spread(event, "lost")), event.of(AccountKind.CREDIT_LOSS).part
    whole, part = (*took.forgiven, lost), (*took.forgiven_part, lost_part)
    if not any(whole) and not any(part):
        return None
    return (event.loan, event.no, event.booked_on, event.value_date, event.kind), whole, part


def money_row(event: Happening, orders: Mapping[str, PaymentOrder]) -> Put:
    """The movement of customers' money that the event booked, by its payment order."""
    movement = MOVEMENTS.get(Kind(event.kind), "collection")
    order = orders[event.reference]
    amount = to_fen(order.amount) * (1 if movement in {"payout_returned", "collection"} else -1)
    facts = (order.serial, order.channel, order.channel_trade_no, event.loan, event.no, movement)
    return facts, (amount,), (-event.of(AccountKind.PARTNER_SETTLEMENT).part,)


def kind_of(event: Happening, repayments: Mapping[str, str]) -> str:
    """What kind of repayment it is; `repayments` has the kinds by their orders."""
    if event.kind == Kind.REVERSAL:
        return "returned"
    if not event.amount or event.kind not in standing.PAYMENTS:
        return "reallocated"
    return REPAID_BY.get(repayments.get(event.reference, ""), "offline")


def timing_of(due: dt.date | None, counts_from: dt.date) -> str:
    """Whether an instalment due on `due` is paid early, on time or overdue."""
    if due is None or due < counts_from:
        return "overdue"
    return "on_time" if due == counts_from else "early"


def timing_of_all(rows: list[Put]) -> str:
    """That of the repayment as a whole: overdue if anything overdue is paid, else early if anything is."""
    found = {facts[-1] for facts, _whole, _part in rows}
    return next((timing for timing in ("overdue", "early", "on_time") if timing in found), "overdue")


def _laid(event: Happening) -> list[tuple[int, dt.date | None, Amounts]]:
    """What the event paid of each instalment: number, due date, fen by component. After a write-off a claim is paid as
    a whole, instalment 0."""
    loan, on = Loan.objects.get(pk=event.loan_id), max(event.booked_on, event.value_date)
    before = standing.fold_of(loan, on, known_at=event.recorded_at - MOMENT)
    after = standing.fold_of(loan, on, known_at=event.recorded_at)
    if after.claims is not None or before.claims is not None:
        return [(0, None, _spread(event, "paid"))]
    then, now = _paid(before), _paid(after)
    none = (None, (0, 0, 0))
    laid = []
    for no in sorted(then.keys() | now.keys()):
        due = now.get(no, then.get(no, none))[0]
        paid = zip(now.get(no, none)[1], then.get(no, none)[1], strict=True)
        amounts = tuple(one - other for one, other in paid)
        if any(amounts):
            laid.append((no, due, amounts))
    return laid


def _paid(folded: LoanFold) -> dict[int, tuple[dt.date, Amounts]]:
    stated = folded.statement()
    return {
        row.no: (row.due, tuple(to_fen(getattr(paid, name)) for name in COMPONENTS))
        for row, paid in zip(stated.rows, stated.paid, strict=True)
    }


def _spread(event: Happening, what: str) -> Amounts:
    amounts = event.details.get(what, {})
    return tuple(to_fen(Decimal(amounts.get(name, 0))) for name in COMPONENTS)


def _single(event: Happening, what: str) -> int:
    return to_fen(Decimal(event.details.get(what, 0)))
