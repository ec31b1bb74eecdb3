"""Repayments: asked for by the customer, collected, spread over what is owed, taken back if they bounce."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts import customers, messages
from accounts.models import Customer
from core import actors, clock
from core.money import ZERO, format_yuan, round_money
from core.problems import Problem
from core.registry import OrderOutcome
from core.serials import Serial, next_serial
from lending import aging, booking, credit_lines, dues, frozen_terms, loans
from lending.allocation import Amounts, allocate
from lending.models import CreditLine, Loan, LoanEvent, Repayment
from payments import orders
from payments.orders import OrderKind, Payee

PURPOSE = "loan_repayment"
COLLECTOR = actors.system("collection")


def ask(*, customer: Customer, loan_serial: str, amount: Decimal) -> Repayment:
    """Collect `amount` yuan of what is due today from the customer's card.

    Raises Problem: not_found (404), loan_closed, nothing_due, repayment_running (all 409), amount_invalid,
    amount_more_than_owed.
    """
    today = clock.today()
    if amount <= 0 or amount != round_money(amount):
        raise Problem("amount_invalid", _("Enter an amount above zero, in yuan and fen."), field="amount")
    with transaction.atomic(durable=True):
        aging.lock(loan_serial)
        customer = customers.lock(customer.serial)
        credit_lines.lock_of(customer)
        loan = loans.find(customer, loan_serial)
        loan.lock()
        _require_repayable(loan)
        dues.bring_up_to(loan, today)
        _check_amount(loan, amount, today)
        return _order(loan, amount)


def find(customer: Customer, loan_serial: str, serial: str) -> Repayment:
    """A repayment of the customer's. Raises Problem `not_found` (404)."""
    repayment = Repayment.objects.filter(loan__customer=customer, loan__serial=loan_serial, serial=serial).first()
    if repayment is None:
        raise Problem("not_found", _("There is no such repayment."), status=404)
    return repayment


def due_now(loan: Loan, on: dt.date) -> Decimal:
    """What of the loan is due up to and including a business date and unpaid, yuan."""
    return sum((item.unpaid().total for item in loan.instalments.filter(due_date__lte=on)), ZERO)


class CollectionHandler:
    """What becomes of a repayment when its collection ends (core.registry.order_settled, "loan_repayment")."""

    def lock(self, reference: str) -> None:
        """Lock collections' case, customer, credit line, loan and repayment."""
        repayment = Repayment.objects.select_related("loan__customer").get(serial=reference)
        aging.lock(repayment.loan.serial)
        credit_lines.lock_of(customers.lock(repayment.loan.customer.serial))
        repayment.loan.lock()
        repayment.lock()

    def apply(self, outcome: OrderOutcome) -> None:
        """Book the payment, note its failure, or take it back."""
        repayment = Repayment.objects.select_related("loan__customer").get(serial=outcome.reference)
        if outcome.status == "succeeded":
            repayment.succeed(by=COLLECTOR, why=f"collected by order {outcome.order_serial}")
            _book(repayment.loan, outcome)
        elif outcome.status == "failed":
            _fail(repayment, outcome)
        else:
            repayment.come_back(by=COLLECTOR, why=outcome.reason)
            _take_back(repayment.loan, outcome)


def _require_repayable(loan: Loan) -> None:
    if not loan.is_repaying:
        raise Problem("loan_closed", _("Nothing is to be repaid on this loan."), status=409)
    if loan.repayments.filter(status=Repayment.Status.PROCESSING).exists():
        raise Problem("repayment_running", _("A repayment is on its way: wait until it has arrived."), status=409)


def _check_amount(loan: Loan, amount: Decimal, today: dt.date) -> None:
    due = due_now(loan, today)
    if not due:
        following = loan.instalments.filter(due_date__gt=today).first()
        day = date_format(following.due_date) if following else ""
        message = _("Nothing is due today. The next instalment can be paid on %(day)s.") % {"day": day}
        raise Problem("nothing_due", message, status=409)
    if amount > due:
        message = _("This is more than is due: %(due)s.") % {"due": format_yuan(due)}
        raise Problem("amount_more_than_owed", message, field="amount", due=f"{due:.2f}")


def _order(loan: Loan, amount: Decimal) -> Repayment:
    repayment = Repayment.objects.create(
        serial=next_serial(Serial.REPAYMENT), loan=loan, amount=amount, asked_at=clock.now()
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


def _book(loan: Loan, outcome: OrderOutcome) -> None:
    on = outcome.business_date
    dues.bring_up_to(loan, on)
    owed = list(loan.instalments.filter(due_date__lte=on))
    order = frozen_terms.allocation_order(loan.frozen_terms)
    spread = allocate(outcome.amount, [item.unpaid() for item in owed], order)
    if spread.left_over:
        raise RuntimeError(f"{spread.left_over} yuan of {outcome.order_serial} pay nothing: refund them")
    paid = {item.no: part for item, part in zip(owed, spread.paid, strict=True) if part.total}
    booking.paid(loan, paid, on=on, reference=outcome.order_serial)
    _note(loan, paid, sign=1)
    _show_standing(loan, on)
    context = {"loan": loan.serial, "amount": format_yuan(outcome.amount)}
    messages.send(loan.customer, "repayment_received", context, key=f"repaid {outcome.reference}")


def _fail(repayment: Repayment, outcome: OrderOutcome) -> None:
    repayment.fail(by=COLLECTOR, why=outcome.reason, failure=outcome.reason[:60])
    context = {"loan": repayment.loan.serial, "amount": format_yuan(repayment.amount)}
    messages.send(repayment.loan.customer, "repayment_failed", context, key=f"failed {repayment.serial}")


def _take_back(loan: Loan, outcome: OrderOutcome) -> None:
    event = loan.events.get(kind=LoanEvent.Kind.PAYMENT, reference=outcome.order_serial)
    paid = {int(no): _amounts(part) for no, part in event.details["paid"].items()}
    booking.payment_returned(loan, paid, on=outcome.business_date, reference=outcome.order_serial)
    _note(loan, paid, sign=-1)
    if loan.status == Loan.Status.CLEARED:
        loan.reopen(by=COLLECTOR, why=f"order {outcome.order_serial} came back")
    _show_standing(loan, outcome.business_date)
    context = {"loan": loan.serial, "amount": format_yuan(outcome.amount)}
    messages.send(loan.customer, "repayment_failed", context, key=f"returned {outcome.reference}")


def _note(loan: Loan, paid: dict[int, Amounts], *, sign: int) -> None:
    """Mark the instalments paid (or unpaid again) and move the credit line by the principal."""
    principal = ZERO
    for item in loan.instalments.filter(no__in=paid):
        part = paid[item.no]
        item.take(part if sign > 0 else Amounts().minus(part))
        principal += sign * part.principal
    credit_lines.restore(CreditLine.objects.get(customer=loan.customer), principal)


def _show_standing(loan: Loan, on: dt.date) -> None:
    loan.note(dpd=dues.days_past_due(loan, on))
    dues.show_lateness(loan)
    if not loan.owed_in_all() and not loan.instalments.filter(raised=False).exists():
        loan.clear(by=COLLECTOR, why="everything is paid")
    aging.announce(loan, on=on)


def _amounts(stored: dict[str, str]) -> Amounts:
    return Amounts(**{name: Decimal(value) for name, value in stored.items()})
