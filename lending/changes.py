"""Changes of a loan that staff decide: one officer proposes, another makes it happen; only then is anything booked.

waiver      interest and penalty that are due are forgiven
extension   more months; what is not yet due is spread over them anew
rate        the contract rate is lowered, from today or an earlier day on; the penalty rate goes down with it
write-off   the loan leaves the books as a loss; the claim stays, and what is still paid is a recovery
refund      what was paid beyond what was owed is paid back to the customer's card (lending.refunds)

What is proposed is tried on a fold of the loan at once, and again when it is made: a refusal comes before a promise.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import messages, roles
from accounts.models import User
from core import approvals, clock
from core.money import format_yuan, round_money
from core.problems import Problem
from core.serials import Serial, next_serial
from lending import booking, dues, limits, loans, refunds, repayments, standing
from lending.events import Event, EventRefused
from lending.fold import LoanFold
from lending.models import CreditLine, Loan, LoanChange, LoanEvent
from lending.product_rules import LONGEST_TERM
from lending.terms import REPAID_AT_ONCE, Method

PROPOSE = "lending.propose_loan_change"
MAKE = "lending.make_loan_change"
VERB = "make"
# Beyond these days past due a loan may be written off as a matter of course; before, by a decision of its own.
WRITTEN_OFF_BEYOND = 90
Kind = LoanChange.Kind
REFUSALS = {
    "before_disbursement": _("This would count from a day before the loan was paid out."),
    "written_off": _("This loan is written off: it can only be repaid."),
    "more_than_owed": _("This is more than is due today."),
    "nothing_left_to_spread": _("All instalments have fallen due: there is nothing left to spread."),
    "too_many_periods": _("This would make the loan too long."),
}


def propose_waiver(*, officer: User, loan: Loan, interest: Decimal, penalty: Decimal, why: str) -> LoanChange:
    """Propose to forgive `interest` and `penalty` (yuan) of what is due, the oldest instalment first.

    Raises Problem: not_permitted (403), loan_closed, already_proposed (both 409), amount_invalid, more_than_owed,
    reason_missing.
    """
    for field, amount in (("interest", interest), ("penalty", penalty)):
        if amount < 0 or amount != round_money(amount):
            raise Problem("amount_invalid", _("Enter an amount above zero, in yuan and fen."), field=field)
    if not interest + penalty:
        raise Problem("amount_invalid", _("Enter an amount above zero, in yuan and fen."), field="penalty")
    details = {"interest": str(round_money(interest)), "penalty": str(round_money(penalty))}
    return _propose(officer, loan, Kind.WAIVER, details, why)


def propose_extension(*, officer: User, loan: Loan, months: int, why: str) -> LoanChange:
    """Propose `months` more instalments at the end, so that each still to come is lower.

    Raises Problem: not_permitted (403), loan_closed, already_proposed (both 409), term_invalid, nothing_left_to_spread,
    reason_missing.
    """
    return _propose(officer, loan, Kind.EXTENSION, {"months": months}, why)


def propose_lower_rate(
    *, officer: User, loan: Loan, annual_rate: Decimal, counts_from: dt.date, why: str
) -> LoanChange:
    """Propose a lower contract rate (a fraction a year) from `counts_from` on, which may be past: interest since is
    reckoned anew, and what was paid too much is the customer's.

    Raises Problem: not_permitted (403), loan_closed, already_proposed (both 409), rate_invalid, future_date,
    before_disbursement, reason_missing.
    """
    details = {"annual_rate": str(annual_rate), "counts_from": counts_from.isoformat()}
    return _propose(officer, loan, Kind.RATE, details, why)


def propose_write_off(*, officer: User, loan: Loan, by_decision: bool, why: str) -> LoanChange:
    """Propose to give the loan up as lost: beyond 90 days past due, or `by_decision` (death, fraud, a court).

    Raises Problem: not_permitted (403), loan_closed, already_proposed, not_late_enough (all 409), reason_missing.
    """
    return _propose(officer, loan, Kind.WRITE_OFF, {"by_decision": by_decision}, why)


def propose_refund(*, officer: User, loan: Loan, why: str) -> LoanChange:
    """Propose to pay back to the customer's card all that was paid beyond what was owed.

    Raises Problem: not_permitted (403), nothing_to_refund, already_proposed (both 409), reason_missing.
    """
    return _propose(officer, loan, Kind.REFUND, {"amount": str(loan.credit)}, why)


def _propose(officer: User, loan: Loan, kind: LoanChange.Kind, details: dict[str, Any], why: str) -> LoanChange:
    actor = roles.actor(officer, PROPOSE)
    with transaction.atomic(durable=True):
        return put_forward(actor, loan, kind, details, why)


def put_forward(actor: str, loan: Loan, kind: LoanChange.Kind, details: dict[str, Any], why: str) -> LoanChange:
    """A proposal as part of the caller's transaction, who has seen to it that the actor may. Raises what proposing a
    change of this kind raises."""
    loan = _locked(loan, kind)
    if loan.changes.filter(status=LoanChange.Status.PROPOSED).exists():
        message = _("Another change of this loan waits for a second person.")
        raise Problem("already_proposed", message, status=409)
    _require_possible(loan, kind, details)
    change = LoanChange.objects.create(
        serial=next_serial(Serial.LOAN_CHANGE),
        loan=loan,
        kind=kind,
        details=details,
        proposed_at=clock.real_now(),
    )
    approvals.propose(change, VERB, by=actor, why=why)
    return change


def extended(loan: Loan, months: int) -> Decimal:
    """What the next instalment would be with so many months more, yuan. Changes nothing. Raises Problem as proposing
    that would."""
    folded = _tried(loan, Kind.EXTENSION, {"months": months})
    row = folded.statement().rows[len(folded.debts)]
    return row.principal + row.interest


def make(*, officer: User, change: LoanChange, why: str) -> LoanChange:
    """The second person's yes: the change happens and is booked, today.

    Raises Problem: not_permitted, same_person (both 403), wrong_state (409), reason_missing, and what proposing it
    raises where it can no longer be.
    """
    actor = roles.actor(officer, MAKE)
    today = clock.today()
    with transaction.atomic(durable=True):
        loan = _locked(change.loan, change.kind)
        change = LoanChange.objects.get(pk=change.pk)
        change.make(by=actor, why=why)
        approvals.approve(change, VERB, by=actor, why=why)
        if change.kind == Kind.REFUND:
            refunds.require_due(loan)
            refunds.order(loan, change)
        else:
            dues.bring_up_to(loan, today)
            _book(loan, change, _tried(loan, change.kind, change.details), today, actor)
    return change


def refuse(*, officer: User, change: LoanChange, why: str) -> LoanChange:
    """The second person's no, or the first's second thought. Raises Problem: not_permitted (403), wrong_state (409)."""
    actor = roles.actor(officer, PROPOSE, MAKE)
    with transaction.atomic(durable=True):
        change = LoanChange.objects.get(pk=change.pk)
        change.refuse(by=actor, why=why)
        approvals.refuse(change, VERB, by=actor, why=why)
    return change


def _locked(loan: Loan, kind: str) -> Loan:
    """The loan, locked, if it can be changed so."""
    loan = loans.lock(loan.serial)
    if not loan.is_repaying and kind != Kind.REFUND:
        raise Problem("loan_closed", _("Nothing is owed on this loan."), status=409)
    return loan


def _require_possible(loan: Loan, kind: str, details: dict[str, Any]) -> None:
    if kind == Kind.REFUND:
        refunds.require_due(loan)
    else:
        dues.bring_up_to(loan, clock.today())
        _tried(loan, kind, details)


def _tried(loan: Loan, kind: str, details: dict[str, Any]) -> LoanFold:
    """The loan folded with the change. Raises Problem where the change cannot be."""
    if kind == Kind.EXTENSION:
        _require_term(loan, details["months"])
    elif kind == Kind.RATE:
        _require_lower(loan, Decimal(details["annual_rate"]), _counts_from(details))
    elif kind == Kind.WRITE_OFF:
        _require_lost(loan, details["by_decision"])
    try:
        day = max(repayments.closed(loan), clock.today())
        return standing.fold_of(loan, day, more=[_event(kind, details)])
    except EventRefused as refused:
        raise Problem(refused.code, REFUSALS[refused.code], field=_field(kind)) from refused


def _event(kind: str, details: dict[str, Any]) -> Event:
    return standing.change(kind, details, _counts_from(details))


def _counts_from(details: dict[str, Any]) -> dt.date:
    return dt.date.fromisoformat(details["counts_from"]) if "counts_from" in details else clock.today()


def _field(kind: str) -> str:
    fields = {Kind.WAIVER: "penalty", Kind.EXTENSION: "months", Kind.RATE: "counts_from"}
    return fields.get(LoanChange.Kind(kind), "")


def _require_term(loan: Loan, months: int) -> None:
    extended = loan.events.filter(kind=LoanEvent.Kind.EXTENSION)
    term = loan.term_months + sum(event.details["months"] for event in extended) + months
    at_once = Method(loan.frozen_terms["method"]) in REPAID_AT_ONCE
    longest = limits.in_force(clock.today()).months_repaid_at_once if at_once else LONGEST_TERM
    if months < 1 or term > longest:
        message = _("Enter at least one month, and so few that the loan runs at most %(most)s months in all.")
        raise Problem("term_invalid", message % {"most": longest}, field="months")


def _require_lower(loan: Loan, annual_rate: Decimal, counts_from: dt.date) -> None:
    if not 0 <= annual_rate < loan.rate_in_force:
        message = _("Enter a rate of zero or more, below the present one of %(rate)s.")
        raise Problem("rate_invalid", message % {"rate": f"{loan.rate_in_force:.2%}"}, field="percent")
    if counts_from > clock.today():
        raise Problem("future_date", _("A rate can count from today or from a past day."), field="counts_from")


def _require_lost(loan: Loan, by_decision: bool) -> None:
    if loan.dpd <= WRITTEN_OFF_BEYOND and not by_decision:
        message = _("This loan is not more than %(days)s days past due: it is written off only by a decision.")
        raise Problem("not_late_enough", message % {"days": WRITTEN_OFF_BEYOND}, status=409, field="by_decision")


def _book(loan: Loan, change: LoanChange, folded: LoanFold, today: dt.date, actor: str) -> None:
    principal = booking.changed(
        loan,
        folded,
        LoanEvent.Kind(change.kind),
        on=today,
        reference=change.serial,
        value_date=_counts_from(change.details),
        details=change.details,
    )
    if change.kind == Kind.WRITE_OFF:
        loan.write_off(by=actor, why=f"change {change.serial}")
    elif change.kind == Kind.EXTENSION:
        loan.note(maturity_date=folded.plan.periods[-1].due)
    repayments.show_standing(loan, folded, principal, today)
    if change.kind == Kind.WRITE_OFF:
        _freeze_line(loan, actor, change)
    else:
        _tell(loan, change)


def _freeze_line(loan: Loan, actor: str, change: LoanChange) -> None:
    """Who has not repaid draws no more."""
    line = CreditLine.objects.get(customer=loan.customer)
    if line.status == CreditLine.Status.ACTIVE:
        line.freeze(by=actor, why=f"loan {loan.serial} is written off: change {change.serial}")


def _tell(loan: Loan, change: LoanChange) -> None:
    """The customer is told what has become easier."""
    context: dict[str, Any] = {"loan": loan.serial}
    if change.kind == Kind.WAIVER:
        forgiven = Decimal(change.details["interest"]) + Decimal(change.details["penalty"])
        context["amount"] = format_yuan(forgiven)
    elif change.kind == Kind.EXTENSION:
        context |= {"months": change.details["months"], "date": str(loan.maturity_date)}
    else:
        context |= {"rate": f"{loan.rate_in_force:.2%}", "date": change.details["counts_from"]}
    messages.send(loan.customer, f"loan_{change.kind}", context, key=f"change {change.serial}")
