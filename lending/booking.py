"""What happens to a loan, booked: the event in the loan's own list and the balanced transfer in the ledger, together.

paid out    debit loan principal (each funder's part), credit payouts in clearing;
            a partner's part: debit due to the partner, credit its fund pool
fell due    debit interest receivable, credit interest income (each funder's part)
penalty     debit penalty receivable, credit penalty income (each funder's part)
payment     debit collections in clearing, credit principal and receivables (each funder's part);
            a partner's part: debit its fund pool and its income, credit due to the partner;
            its servicing fee: debit due to the partner, credit our fee income
came back   the same on the other sides
waived      debit waivers, credit the receivable (each funder's part)
written off debit credit losses, credit principal and receivables (each funder's part)
recovered   debit collections in clearing, credit recoveries; a partner's part: credit due to the partner
not a loan  paid out after all, but the partners have been let go: debit suspense, credit payouts in clearing
overpaid    what a payment leaves over: credit customers' overpayments
refund      debit customers' overpayments, credit payouts in clearing

What is owed is not reckoned here: a fold of the loan's events says it, and only the difference from what is booked is
posted, so that a backdated or bounced payment corrects interest and penalty without cancelling anything.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core import clock
from core.money import ZERO
from lending import shares
from lending.allocation import Amounts, Component
from lending.fold import LoanFold
from lending.models import Funder, Loan, LoanEvent, Repayment
from lending.shares import Share
from payments import ledger
from payments.chart import AccountKind, account
from payments.ledger import Line, credit, debit

Kind = LoanEvent.Kind
# What is owed stands on the first account; a partner's part of a payment is taken from the second.
OWED = {
    Component.PRINCIPAL: (AccountKind.LOAN_PRINCIPAL, AccountKind.FUND_POOL),
    Component.INTEREST: (AccountKind.INTEREST_RECEIVABLE, AccountKind.INTEREST_INCOME),
    Component.PENALTY: (AccountKind.PENALTY_RECEIVABLE, AccountKind.PENALTY_INCOME),
}


def disbursed(loan: Loan, *, on: dt.date, reference: str) -> None:
    """The whole principal has been paid out by order `reference`."""
    _write(loan, Kind.DISBURSEMENT, loan.principal, on, _disbursement(loan, loan.principal), reference)


def payout_returned(loan: Loan, *, on: dt.date, reference: str) -> None:
    """The payout came back by order `reference` before anything was repaid."""
    lines = ledger.reversed_lines(_disbursement(loan, loan.principal))
    _write(loan, Kind.RETURN, loan.principal, on, lines, reference)


def paid_without_loan(loan: Loan, *, on: dt.date, reference: str) -> None:
    """The principal has been paid out by order `reference`, though the loan does not run: it is to be given back."""
    _post_without_loan(loan, "paid_without_loan", loan.principal, on, reference)


def returned_without_loan(loan: Loan, *, on: dt.date, reference: str) -> None:
    """What was paid out so by order `reference` came back."""
    _post_without_loan(loan, "returned_without_loan", -loan.principal, on, reference)


def _post_without_loan(loan: Loan, purpose: str, amount: Decimal, on: dt.date, reference: str) -> None:
    lines = [*_moved(account(AccountKind.SUSPENSE), amount), *_moved(account(AccountKind.PAYOUT_CLEARING), -amount)]
    ledger.post(key=f"{reference}:{purpose}", business_date=on, purpose=purpose, reference=loan.serial, entries=lines)


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
    difference = _settle(loan, folded, amount, on, reference)
    kind = Kind.GIVING_BACK if strategy == Repayment.Strategy.GIVE_BACK else Kind.PAYMENT
    if folded.claims is not None:
        kind = Kind.RECOVERY
    details = {**_spread(difference), "strategy": strategy}
    _write(loan, kind, amount, on, _lines(loan, difference), reference, details, value_date)
    return _count(loan, folded, difference)


def payment_returned(loan: Loan, folded: LoanFold, amount: Decimal, *, on: dt.date, reference: str) -> Decimal:
    """The payment of `amount` yuan by order `reference` came back: in the fold it never was. Returns the principal
    repaid, yuan: negative, it is owed again."""
    difference = _settle(loan, folded, -amount, on, reference)
    _write(loan, Kind.REVERSAL, -amount, on, _lines(loan, difference), reference, _spread(difference))
    return _count(loan, folded, difference)


def changed(
    loan: Loan,
    folded: LoanFold,
    kind: LoanEvent.Kind,
    *,
    on: dt.date,
    reference: str,
    value_date: dt.date,
    details: dict[str, Any],
) -> Decimal:
    """A change of the loan that moves no money, which the fold has taken in: a waiver, an extension, a lower rate, a
    write-off. Returns the principal that is owed no longer, yuan. It counts from `value_date`."""
    difference = _settle(loan, folded, ZERO, on, reference)
    amount = difference.waived.total + difference.lost.total
    _write(loan, kind, amount, on, _lines(loan, difference), reference, {**details, **_spread(difference)}, value_date)
    return _count(loan, folded, difference)


def refunded(loan: Loan, amount: Decimal, *, reference: str) -> None:
    """`amount` yuan of the customer's own money are on their way back by order `reference`; negative: they did not
    arrive, and are kept for the customer again."""
    lines = [
        *_moved(account(AccountKind.CUSTOMER_CREDIT), amount),
        *_moved(account(AccountKind.PAYOUT_CLEARING), -amount),
    ]
    _write(loan, Kind.REFUND, amount, clock.today(), lines, reference)
    loan.note(refunded=loan.refunded + amount)


@dataclass(frozen=True, slots=True)
class Difference:
    """What the fold says less what is booked, yuan: paid, waived and lost of what was owed, recovered of what was lost,
    and left over for the customer."""

    paid: Amounts
    waived: Amounts
    lost: Amounts
    recovered: Decimal
    overpaid: Decimal

    @property
    def cash(self) -> Decimal:
        """What came in."""
        return self.paid.total + self.recovered + self.overpaid

    @property
    def principal(self) -> Decimal:
        """Principal that is owed no longer."""
        return self.paid.principal + self.lost.principal


def _settle(loan: Loan, folded: LoanFold, amount: Decimal, on: dt.date, reference: str) -> Difference:
    """Raise what the fold raises, and return what else it says that is not booked. It must bring `amount` in cash."""
    _raise_dues(loan, folded, on)
    difference = Difference(
        paid=folded.paid.minus(Amounts(loan.penalty_paid, ZERO, loan.interest_paid, loan.principal_paid)),
        waived=folded.waived.minus(Amounts(loan.penalty_waived, ZERO, loan.interest_waived)),
        lost=folded.lost.minus(Amounts(loan.penalty_lost, ZERO, loan.interest_lost, loan.principal_lost)),
        recovered=folded.recovered.total - loan.recovered,
        overpaid=folded.overpaid - loan.overpaid,
    )
    if difference.cash != amount:
        raise RuntimeError(f"{reference} brought {amount} yuan, but {difference.cash} are to be booked")
    return difference


def _count(loan: Loan, folded: LoanFold, difference: Difference) -> Decimal:
    """Save all figures on the loan at once: between them the sums need not fit. Returns principal owed no longer."""
    paid, waived, lost = difference.paid, difference.waived, difference.lost
    loan.note(
        interest_raised=loan.interest_raised,
        penalty_raised=loan.penalty_raised,
        outstanding_principal=loan.outstanding_principal - difference.principal,
        principal_paid=loan.principal_paid + paid.principal,
        interest_paid=loan.interest_paid + paid.interest,
        penalty_paid=loan.penalty_paid + paid.penalty,
        interest_waived=loan.interest_waived + waived.interest,
        penalty_waived=loan.penalty_waived + waived.penalty,
        principal_lost=loan.principal_lost + lost.principal,
        interest_lost=loan.interest_lost + lost.interest,
        penalty_lost=loan.penalty_lost + lost.penalty,
        recovered=loan.recovered + difference.recovered,
        overpaid=loan.overpaid + difference.overpaid,
        claim=folded.claim,
    )
    return difference.principal


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
        parts = shares.of_income(shares.of(loan), penalty, split_before=loan.penalty_raised)
        _write(loan, Kind.PENALTY, penalty, on, penalty_lines(parts))
        loan.penalty_raised += penalty


def _raise_interest(
    loan: Loan, interest: Decimal, kind: LoanEvent.Kind, on: dt.date, *, amount: Decimal, **details: int
) -> None:
    parts = shares.of_income(shares.of(loan), interest, split_before=loan.interest_raised)
    _write(loan, kind, amount, on, interest_lines(parts), details=details)
    loan.interest_raised += interest


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
    for funder, part in shares.of_principal(shares.of(loan), amount, split_before=ZERO):
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


def _lines(loan: Loan, difference: Difference) -> list[Line]:
    """The lines of what is to be booked; of its opposite, where it is negative."""
    lines = _moved(account(AccountKind.COLLECTION_CLEARING), difference.cash)
    lines += _moved(account(AccountKind.CUSTOMER_CREDIT), -difference.overpaid)
    funded = shares.of(loan)
    for component in OWED:
        lines += _owed_less(loan, funded, difference, component)
    for funder, part in shares.of_principal(funded, difference.recovered, split_before=loan.recovered):
        partners = funder.kind == Funder.Kind.PARTNER
        lines += _moved(_of(AccountKind.PARTNER_SETTLEMENT if partners else AccountKind.RECOVERIES, funder), -part)
    return lines + _serviced(loan, funded, difference)


def _serviced(loan: Loan, funded: list[Share], difference: Difference) -> list[Line]:
    """The partners' servicing fees on the interest and penalty paid: taken from what is due to them."""
    income = difference.paid.interest + difference.paid.penalty
    lines = []
    for funder, fee in shares.servicing_fees(funded, income, paid_before=loan.interest_paid + loan.penalty_paid):
        lines += _moved(_of(AccountKind.PARTNER_SETTLEMENT, funder), fee)
        lines += _moved(_of(AccountKind.FEE_INCOME, funded[0].funder), -fee)
    return lines


def _owed_less(loan: Loan, funded: list[Share], difference: Difference, component: Component) -> list[Line]:
    """The lines by which one component is owed less: paid, waived, lost. All that ever lessened it is split in one
    running total, so that each funder's account comes to zero with the whole."""
    owed, partners_source = OWED[component]
    parts_of = shares.of_principal if component is Component.PRINCIPAL else shares.of_income
    lines, gone = [], _gone(loan)[component]
    for part_of_it, target in (
        (difference.paid[component], None),
        (difference.waived[component], AccountKind.WAIVERS),
        (difference.lost[component], AccountKind.CREDIT_LOSS),
    ):
        for funder, part in parts_of(funded, part_of_it, split_before=gone):
            lines += _moved(_of(owed, funder), -part)
            if target:
                lines += _moved(_of(target, funder), part)
            elif funder.kind == Funder.Kind.PARTNER:
                lines += _moved(_of(partners_source, funder), part)
                lines += _moved(_of(AccountKind.PARTNER_SETTLEMENT, funder), -part)
        gone += part_of_it
    return lines


def _gone(loan: Loan) -> Amounts:
    """What is booked as paid, waived or lost."""
    return Amounts(
        penalty=loan.penalty_paid + loan.penalty_waived + loan.penalty_lost,
        interest=loan.interest_paid + loan.interest_waived + loan.interest_lost,
        principal=loan.principal_paid + loan.principal_lost,
    )


def _moved(code: str, amount: Decimal) -> list[Line]:
    """A debit of `amount`, a credit if it is negative, nothing if it is zero."""
    if not amount:
        return []
    return [debit(code, amount) if amount > 0 else credit(code, -amount)]


def _of(kind: AccountKind, funder: Funder) -> str:
    return account(kind, funder=funder.code)


def _spread(difference: Difference) -> dict[str, Any]:
    """What an event keeps of how it was spread: by what became of it, then by component."""
    paid = _by_component(difference.paid)
    others = {"waived": _by_component(difference.waived), "lost": _by_component(difference.lost)}
    kept = {name: amounts for name, amounts in others.items() if any(map(Decimal, amounts.values()))}
    singles = {"recovered": difference.recovered, "overpaid": difference.overpaid}
    return {"paid": paid, **kept, **{name: str(amount) for name, amount in singles.items() if amount}}


def _by_component(amounts: Amounts) -> dict[str, str]:
    return {component.value: str(amounts[component]) for component in OWED}
