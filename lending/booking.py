"""What happens to a loan, booked: the event in the loan's own list and the balanced transfer in the ledger, together.

paid out    debit loan principal (each funder's part), credit payouts in clearing;
            a partner's part: debit due to the partner, credit its fund pool
fell due    debit interest receivable, credit interest income (each funder's part)
penalty     debit penalty receivable, credit penalty income (each funder's part)
payment     debit collections in clearing, credit principal and receivables (each funder's part);
            a partner's part: debit its fund pool and its income, credit due to the partner
came back   the same on the other sides

What is owed is not reckoned here: a fold of the loan's events says it, and only the difference from what is booked is
posted, so that a backdated or bounced payment corrects interest and penalty without cancelling anything.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from core import clock
from core.money import ZERO
from lending import shares
from lending.allocation import Amounts
from lending.fold import LoanFold
from lending.models import Funder, Loan, LoanEvent
from payments import ledger
from payments.chart import AccountKind, account
from payments.ledger import Line, credit, debit

Kind = LoanEvent.Kind


def disbursed(loan: Loan, *, on: dt.date, reference: str) -> None:
    """The whole principal has been paid out by order `reference`."""
    _write(loan, Kind.DISBURSEMENT, loan.principal, on, _disbursement(loan, loan.principal), reference)


def payout_returned(loan: Loan, *, on: dt.date, reference: str) -> None:
    """The payout came back by order `reference` before anything was repaid."""
    lines = ledger.reversed_lines(_disbursement(loan, loan.principal))
    _write(loan, Kind.RETURN, loan.principal, on, lines, reference)


def raise_dues(loan: Loan, folded: LoanFold, *, on: dt.date) -> None:
    """Book what the fold says has fallen due and run up, less what is booked already: only the difference is posted."""
    _raise_dues(loan, folded, on)
    loan.note(interest_raised=loan.interest_raised, penalty_raised=loan.penalty_raised)


def paid(
    loan: Loan,
    folded: LoanFold,
    amount: Decimal,
    *,
    on: dt.date,
    reference: str,
    value_date: dt.date,
    strategy: str,
) -> Decimal:
    """A payment of `amount` yuan by order `reference`, which the fold has taken in. Returns the principal repaid, yuan.

    It counts from `value_date`; `strategy` says what it does where it exceeds the dues.
    """
    total = _settle(loan, folded, amount, on, reference)
    details = {**_spread(total), "strategy": strategy}
    _write(loan, Kind.PAYMENT, amount, on, _payment(loan, total), reference, details, value_date)
    return _count(loan, total)


def payment_returned(loan: Loan, folded: LoanFold, amount: Decimal, *, on: dt.date, reference: str) -> Decimal:
    """The payment of `amount` yuan by order `reference` came back: in the fold it never was. Returns the principal
    repaid, yuan: negative, it is owed again."""
    total = _settle(loan, folded, -amount, on, reference)
    _write(loan, Kind.REVERSAL, -amount, on, _payment(loan, total), reference, _spread(total))
    return _count(loan, total)


def _settle(loan: Loan, folded: LoanFold, amount: Decimal, on: dt.date, reference: str) -> Amounts:
    """Raise what the fold raises, and return what it says was paid since by component. That must be `amount` in all."""
    _raise_dues(loan, folded, on)
    total = _paid_in(loan, folded).minus(Amounts(loan.penalty_paid, ZERO, loan.interest_paid, loan.principal_paid))
    if total.total != amount:
        raise RuntimeError(f"{amount - total.total} yuan of {reference} pay nothing: refund them")
    return total


def _count(loan: Loan, total: Amounts) -> Decimal:
    """Save what was raised and paid on the loan, all at once: between them the sums need not fit. Returns principal."""
    loan.note(
        interest_raised=loan.interest_raised,
        penalty_raised=loan.penalty_raised,
        outstanding_principal=loan.outstanding_principal - total.principal,
        principal_paid=loan.principal_paid + total.principal,
        interest_paid=loan.interest_paid + total.interest,
        penalty_paid=loan.penalty_paid + total.penalty,
    )
    return total.principal


def _raise_dues(loan: Loan, folded: LoanFold, on: dt.date) -> None:
    """Post what was raised since, and what earlier interest and penalty are to be corrected by; unsaved on the loan."""
    known = loan.events.filter(kind=Kind.DUE).count()
    for debt in folded.debts[known:]:
        _raise_interest(loan, debt.row.interest, Kind.DUE, on, amount=debt.row.total, instalment=debt.row.no)
    correction = sum((debt.row.interest for debt in folded.debts), ZERO) - loan.interest_raised
    if correction:
        _raise_interest(loan, correction, Kind.ADJUSTMENT, on, amount=correction)
    penalty = sum((debt.penalty for debt in folded.debts), ZERO) - loan.penalty_raised
    if penalty:
        parts = shares.parts_of(loan, penalty, split_before=loan.penalty_raised)
        _write(loan, Kind.PENALTY, penalty, on, penalty_lines(parts))
        loan.penalty_raised += penalty


def _raise_interest(
    loan: Loan, interest: Decimal, kind: LoanEvent.Kind, on: dt.date, *, amount: Decimal, **details: int
) -> None:
    parts = shares.parts_of(loan, interest, split_before=loan.interest_raised)
    _write(loan, kind, amount, on, interest_lines(parts), details=details)
    loan.interest_raised += interest


def _paid_in(loan: Loan, folded: LoanFold) -> Amounts:
    """What the fold says has been paid in all."""
    return Amounts(
        penalty=sum((debt.paid.penalty for debt in folded.debts), ZERO),
        interest=sum((debt.paid.interest for debt in folded.debts), ZERO),
        principal=loan.principal - folded.principal,
    )


def _write(
    loan: Loan,
    kind: LoanEvent.Kind,
    amount: Decimal,
    on: dt.date,
    lines: list[Line],
    reference: str = "",
    details: dict[str, Any] | None = None,
    value_date: dt.date | None = None,
) -> None:
    number = loan.events.count() + 1
    if lines:
        ledger.post(
            key=key_of(loan.serial, number),
            business_date=on,
            purpose=f"loan_{kind.value}",
            reference=loan.serial,
            entries=lines,
        )
    LoanEvent.objects.create(
        loan=loan,
        no=number,
        kind=kind,
        business_date=on,
        value_date=value_date or on,
        amount=amount,
        details=details or {},
        reference=reference,
        recorded_at=clock.real_now(),
    )


def _disbursement(loan: Loan, amount: Decimal) -> list[Line]:
    lines = [credit(account(AccountKind.PAYOUT_CLEARING), amount)]
    for funder, part in shares.parts_of(loan, amount, split_before=ZERO):
        lines += _moved(_of(AccountKind.LOAN_PRINCIPAL, funder), part)
        if funder.kind == Funder.Kind.PARTNER:
            lines += _moved(_of(AccountKind.PARTNER_SETTLEMENT, funder), part)
            lines += _moved(_of(AccountKind.FUND_POOL, funder), -part)
    return lines


def interest_lines(parts: list[tuple[Funder, Decimal]]) -> list[Line]:
    """The lines of interest that falls due, each funder's part."""
    return _raised(AccountKind.INTEREST_RECEIVABLE, AccountKind.INTEREST_INCOME, parts)


def penalty_lines(parts: list[tuple[Funder, Decimal]]) -> list[Line]:
    """The lines of penalty that has run up, each funder's part."""
    return _raised(AccountKind.PENALTY_RECEIVABLE, AccountKind.PENALTY_INCOME, parts)


def key_of(loan_serial: str, number: int) -> str:
    """The ledger's key of a loan's event: each is posted once."""
    return f"{loan_serial}:{number}"


def _raised(receivable: AccountKind, income: AccountKind, parts: list[tuple[Funder, Decimal]]) -> list[Line]:
    lines = []
    for funder, part in parts:
        lines += _moved(_of(receivable, funder), part) + _moved(_of(income, funder), -part)
    return lines


def _payment(loan: Loan, total: Amounts) -> list[Line]:
    """The lines of a payment of `total`; of its return, if `total` is negative."""
    components = [
        (AccountKind.LOAN_PRINCIPAL, AccountKind.FUND_POOL, total.principal, loan.principal_paid),
        (AccountKind.INTEREST_RECEIVABLE, AccountKind.INTEREST_INCOME, total.interest, loan.interest_paid),
        (AccountKind.PENALTY_RECEIVABLE, AccountKind.PENALTY_INCOME, total.penalty, loan.penalty_paid),
    ]
    lines = _moved(account(AccountKind.COLLECTION_CLEARING), total.total)
    for owed, partners_source, amount, paid_before in components:
        for funder, part in shares.parts_of(loan, amount, split_before=paid_before):
            lines += _moved(_of(owed, funder), -part)
            if funder.kind == Funder.Kind.PARTNER:
                lines += _moved(_of(partners_source, funder), part)
                lines += _moved(_of(AccountKind.PARTNER_SETTLEMENT, funder), -part)
    return lines


def _moved(code: str, amount: Decimal) -> list[Line]:
    """A debit of `amount`, a credit if it is negative, nothing if it is zero."""
    if not amount:
        return []
    return [debit(code, amount) if amount > 0 else credit(code, -amount)]


def _of(kind: AccountKind, funder: Funder) -> str:
    return account(kind, funder=funder.code)


def _spread(total: Amounts) -> dict[str, Any]:
    """What an event keeps of how its amount was spread."""
    return {"paid": {"principal": str(total.principal), "interest": str(total.interest), "penalty": str(total.penalty)}}
