"""Repayments: asked for by the customer, collected, spread over what is owed, taken back if they bounce."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import customers, messages
from accounts.models import Customer
from core import actors, clock
from core.money import ZERO, format_yuan, round_money
from core.problems import Problem
from core.registry import OrderOutcome
from core.serials import Serial, next_serial
from lending import aging, booking, cooling_off, credit_lines, dues, loans, standing
from lending.fold import LoanFold
from lending.models import CreditLine, Loan, Repayment
from lending.plan import Instalment as Row
from lending.terms import Method
from payments import orders
from payments.orders import OrderKind, Payee

PURPOSE = "loan_repayment"
COLLECTOR = actors.system("collection")


def ask(
    *, customer: Customer, loan_serial: str, amount: Decimal, strategy: str = "", request_key: str = ""
) -> Repayment:
    """Collect `amount` yuan from the customer's card: what is due today, or more, up to the payoff.

    What exceeds the dues is paid early and does what `strategy` says. It counts from today, whenever it arrives.
    Asked again with the same `request_key`, it is the same repayment: nothing is collected twice.
    Raises Problem: not_found (404), loan_closed, repayment_running (both 409), amount_invalid, amount_more_than_owed,
    strategy_needed; and for giving the loan back cooling_off_over (409), amount_not_whole.
    """
    today = clock.today()
    _require_amount(amount)
    with transaction.atomic(durable=True):
        aging.lock(loan_serial)
        customer = customers.lock(customer.serial)
        credit_lines.lock_of(customer)
        loan = loans.find(customer, loan_serial)
        loan.lock()
        known = loan.repayments.filter(request_key=request_key).first() if request_key else None
        if known:
            return known
        _require_repayable(loan)
        dues.bring_up_to(loan, today)
        strategy = _agreed_strategy(loan, standing.fold_of(loan, today), amount, strategy)
        return collect(loan, amount, strategy=strategy, request_key=request_key)


@dataclass(frozen=True)
class Preview:
    """The instalments still to come before and after a payment, and what it saves in interest, yuan."""

    before: list[Row]
    after: list[Row]
    saved: Decimal


def preview(*, loan: Loan, amount: Decimal, strategy: str) -> Preview:
    """What paying `amount` yuan today would change. Nothing is changed. Raises Problem as `ask` does."""
    today = clock.today()
    _require_amount(amount)
    _require_repayable(loan)
    before = standing.fold_of(loan, today)
    strategy = _agreed_strategy(loan, before, amount, strategy)
    after = standing.fold_of(loan, today, more=[standing.payment(loan, amount, today, strategy)])
    interest = [sum((row.interest for row in folded.statement().rows), ZERO) for folded in (before, after)]
    return Preview(_to_come(before, today), _to_come(after, today), interest[0] - interest[1])


def _to_come(folded: LoanFold, today: dt.date) -> list[Row]:
    """Rows after today on which something is still to be paid; what was prepaid on a row is taken off."""
    rows = folded.statement().rows[len(folded.debts) :]
    return [replace(row, principal=row.principal - row.prepaid) for row in rows if row.due > today]


def find(customer: Customer, loan_serial: str, serial: str) -> Repayment:
    """A repayment of the customer's. Raises Problem `not_found` (404)."""
    repayment = Repayment.objects.filter(loan__customer=customer, loan__serial=loan_serial, serial=serial).first()
    if repayment is None:
        raise Problem("not_found", _("There is no such repayment."), status=404)
    return repayment


class CollectionHandler:
    """What becomes of a repayment when its collection ends (core.registry.order_settled, "loan_repayment")."""

    def lock(self, reference: str) -> None:
        """Lock collections' case, customer, credit line, loan and repayment."""
        repayment = Repayment.objects.select_related("loan").get(serial=reference)
        loans.lock(repayment.loan.serial)
        repayment.lock()

    def apply(self, outcome: OrderOutcome) -> None:
        """Book the payment, note its failure, or take it back."""
        repayment = Repayment.objects.select_related("loan__customer").get(serial=outcome.reference)
        if outcome.status == "succeeded":
            succeed = repayment.turn_out_paid if outcome.after_failure else repayment.succeed
            succeed(by=COLLECTOR, why=f"collected by order {outcome.order_serial}")
            _book(repayment, outcome)
        elif outcome.status == "failed":
            _fail(repayment, outcome)
        else:
            repayment.come_back(by=COLLECTOR, why=outcome.reason)
            _take_back(repayment.loan, outcome)


def _require_amount(amount: Decimal) -> None:
    if amount <= 0 or amount != round_money(amount):
        raise Problem("amount_invalid", _("Enter an amount above zero, in yuan and fen."), field="amount")


def _require_repayable(loan: Loan) -> None:
    if not loan.is_owed:
        raise Problem("loan_closed", _("Nothing is to be repaid on this loan."), status=409)
    if loan.repayments.filter(status=Repayment.Status.PROCESSING).exists():
        raise Problem("repayment_running", _("A repayment is on its way: wait until it has arrived."), status=409)


def strategies(loan: Loan, *, may_give_back: bool) -> list[Repayment.Strategy]:
    """What the customer may choose that a payment of more than the dues does. With one row to come, all is one."""
    early = [Repayment.Strategy.SHORTEN, Repayment.Strategy.LOWER, Repayment.Strategy.NEXT]
    chosen = [Repayment.Strategy.LOWER] if _any_day(loan) else early
    return [*chosen, Repayment.Strategy.GIVE_BACK] if may_give_back else chosen


def _any_day(loan: Loan) -> bool:
    return loan.frozen_terms["method"] == Method.ANY_DAY


def _agreed_strategy(loan: Loan, folded: LoanFold, amount: Decimal, strategy: str) -> str:
    """What a payment of `amount` today does where it exceeds the dues; empty where it does not. Raises Problem."""
    if strategy == Repayment.Strategy.GIVE_BACK:
        cooling_off.require(loan, folded, amount, on=clock.today())
        return strategy
    owed = standing.owed_of(folded)
    due, payoff = owed.due, owed.payoff
    if amount > payoff:
        message = _("This is more than settles the loan today: %(payoff)s.") % {"payoff": format_yuan(payoff)}
        raise Problem("amount_more_than_owed", message, field="amount", due=f"{due:.2f}", payoff=f"{payoff:.2f}")
    if amount <= due:
        return ""
    if amount == payoff or _any_day(loan):
        return Repayment.Strategy.LOWER
    if strategy not in Repayment.Strategy.values:
        needed = _("More than is due today (%(due)s): choose what paying early shall do.") % {"due": format_yuan(due)}
        raise Problem("strategy_needed", needed, field="strategy", due=f"{due:.2f}")
    return strategy


def collect(
    loan: Loan, amount: Decimal, *, kind: str = Repayment.Kind.ACTIVE, strategy: str = "", request_key: str
) -> Repayment:
    """Have `amount` yuan collected from the borrower's card, as part of the transaction in which the loan is locked and
    brought up to today. Raises Problem card_missing (409).
    """
    repayment = Repayment.objects.create(
        serial=next_serial(Serial.REPAYMENT),
        loan=loan,
        kind=kind,
        amount=amount,
        strategy=strategy,
        request_key=request_key,
        asked_at=clock.now(),
    )
    card = loans.card_of(loan.customer)
    order = orders.create_order(
        kind=OrderKind.COLLECTION,
        amount=amount,
        purpose=PURPOSE,
        reference=repayment.serial,
        payee=Payee(loan.customer.name, card.number),
        product=loan.frozen_terms["product"],
    )
    repayment.order = order.serial
    repayment.save(update_fields=["order"])
    return repayment


def _book(repayment: Repayment, outcome: OrderOutcome) -> None:
    loan, on, reference = repayment.loan, outcome.business_date, outcome.order_serial
    dues.bring_up_to(loan, on)
    value_date = min(on, clock.business_date_of(repayment.asked_at))
    payment = standing.payment(loan, outcome.amount, value_date, repayment.strategy)
    folded = standing.fold_of(loan, closed(loan), more=[payment])
    principal = booking.paid(
        loan,
        folded,
        outcome.amount,
        on=on,
        reference=reference,
        value_date=value_date,
        strategy=repayment.strategy,
    )
    show_standing(loan, folded, principal, on)
    context = {"loan": loan.serial, "amount": format_yuan(outcome.amount)}
    messages.send(loan.customer, "repayment_received", context, key=f"repaid {outcome.reference}")


def _fail(repayment: Repayment, outcome: OrderOutcome) -> None:
    repayment.fail(by=COLLECTOR, why=outcome.reason, failure=outcome.reason[:60])
    context = {"loan": repayment.loan.serial, "amount": format_yuan(repayment.amount)}
    messages.send(repayment.loan.customer, "repayment_failed", context, key=f"failed {repayment.serial}")


def _take_back(loan: Loan, outcome: OrderOutcome) -> None:
    """The payment never was: interest, penalty and schedule are as without it, and only the difference is posted."""
    on, reference = outcome.business_date, outcome.order_serial
    taken = loan.events.get(kind__in=standing.PAYMENTS, reference=reference)
    if loan.status == Loan.Status.CLEARED:
        loan.reopen(by=COLLECTOR, why=f"order {reference} came back")
    on = max(on, taken.counts_from)
    dues.bring_up_to(loan, on)
    folded = standing.fold_of(loan, closed(loan), more=[standing.reversal(loan, reference, on)])
    principal = booking.payment_returned(loan, folded, taken.amount, on=on, reference=reference)
    show_standing(loan, folded, principal, on)
    context = {"loan": loan.serial, "amount": format_yuan(outcome.amount)}
    messages.send(loan.customer, "repayment_failed", context, key=f"returned {outcome.reference}")


def closed(loan: Loan) -> dt.date:
    """The day that the loan was brought up to; it may lie beyond the day of what is booked."""
    assert loan.last_closed_date is not None
    return loan.last_closed_date


def show_standing(loan: Loan, folded: LoanFold, principal: Decimal, on: dt.date) -> None:
    """Let all that tells of the locked loan say what the fold says, once `principal` yuan are owed no longer."""
    credit_lines.restore(CreditLine.objects.get(customer=loan.customer), principal)
    dues.note_standing(loan, folded)
    if folded.is_settled and loan.is_repaying:
        loan.clear(by=COLLECTOR, why="everything is paid")
    aging.announce(loan, on=on)
