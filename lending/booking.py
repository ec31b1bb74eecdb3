"""What happens to a loan, booked: the event in the loan's own list and the balanced transfer in the ledger, together.

paid out    debit loan principal (each funder's part), credit payouts in clearing;
            a partner's part: debit due to the partner, credit its fund pool
fell due    debit interest receivable, credit interest income (each funder's part)
penalty     debit penalty receivable, credit penalty income (each funder's part)
payment     debit collections in clearing, credit principal and receivables (each funder's part);
            a partner's part: debit its fund pool and its income, credit due to the partner
came back   the same on the other sides
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from core import clock
from core.money import ZERO
from lending import shares
from lending.allocation import Amounts
from lending.models import Funder, Instalment, Loan, LoanEvent
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


def fell_due(loan: Loan, instalment: Instalment, *, on: dt.date) -> None:
    """The interest of an instalment is owed from `on`."""
    parts = shares.parts_of(loan, instalment.interest, split_before=loan.interest_raised)
    lines = _raised(AccountKind.INTEREST_RECEIVABLE, AccountKind.INTEREST_INCOME, parts)
    _write(loan, Kind.DUE, instalment.total, on, lines, details={"instalment": instalment.no})
    loan.note(interest_raised=loan.interest_raised + instalment.interest)


def penalised(loan: Loan, amount: Decimal, *, on: dt.date) -> None:
    """Penalty interest of `amount` yuan is owed from `on`."""
    parts = shares.parts_of(loan, amount, split_before=loan.penalty_raised)
    lines = _raised(AccountKind.PENALTY_RECEIVABLE, AccountKind.PENALTY_INCOME, parts)
    _write(loan, Kind.PENALTY, amount, on, lines)
    loan.note(penalty_raised=loan.penalty_raised + amount)


def paid(loan: Loan, paid_parts: dict[int, Amounts], *, on: dt.date, reference: str) -> None:
    """A payment by order `reference`, spread over instalments (number → amounts)."""
    total = _sum(paid_parts)
    _write(loan, Kind.PAYMENT, total.total, on, _payment(loan, total), reference, _details(paid_parts))
    _count(loan, total)


def payment_returned(loan: Loan, paid_parts: dict[int, Amounts], *, on: dt.date, reference: str) -> None:
    """The payment by order `reference` came back: what it paid is owed again."""
    total = Amounts().minus(_sum(paid_parts))
    _write(loan, Kind.REVERSAL, -total.total, on, _payment(loan, total), reference, _details(paid_parts))
    _count(loan, total)


def _write(
    loan: Loan,
    kind: LoanEvent.Kind,
    amount: Decimal,
    on: dt.date,
    lines: list[Line],
    reference: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    number = loan.events.count() + 1
    if lines:
        ledger.post(
            key=f"{loan.serial}:{number}",
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


def _sum(parts: dict[int, Amounts]) -> Amounts:
    total = Amounts()
    for part in parts.values():
        total = total.plus(part)
    return total


def _count(loan: Loan, total: Amounts) -> None:
    loan.note(
        outstanding_principal=loan.outstanding_principal - total.principal,
        principal_paid=loan.principal_paid + total.principal,
        interest_paid=loan.interest_paid + total.interest,
        penalty_paid=loan.penalty_paid + total.penalty,
    )


def _details(parts: dict[int, Amounts]) -> dict[str, Any]:
    return {
        "paid": {
            str(no): {"principal": str(part.principal), "interest": str(part.interest), "penalty": str(part.penalty)}
            for no, part in parts.items()
        }
    }
