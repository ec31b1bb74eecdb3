"""The payout: ordered once the funding is settled; received, the loan runs; failed or come back, the limit is free.

A payout that was told to have failed may turn out to have been received. A loan of ours alone then runs from the day on
which that is known. The partners of a joint one have been let go: the money stands in suspense, and a person asks for
it back.
"""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts import customers, messages
from core import actors, alerts
from core.money import format_yuan
from core.registry import OrderOutcome
from lending import booking, credit_lines, dues, loans, quotes, releases, shares
from lending.models import CreditLine, Instalment, Loan, Participation
from payments import orders
from payments.orders import OrderKind, Payee

PURPOSE = "loan_disbursement"
PAYER = actors.system("payout")
LATE = "paid_after_failure"


def order_payout(loan: Loan, shared: Sequence[Participation] = ()) -> None:
    """Freeze the shares and order the payout of the whole principal to the customer's card. Part of a transaction."""
    shares.freeze(loan, shared)
    card = loans.card_of(loan.customer)
    order = orders.create_order(
        kind=OrderKind.PAYOUT,
        amount=loan.principal,
        purpose=PURPOSE,
        reference=loan.serial,
        payee=Payee(loan.customer.name, card.number),
        product=loan.frozen_terms["product"],
        confirmed_at=loan.confirmed_at,
    )
    loan.note(payout_order=order.serial)


class PayoutHandler:
    """What becomes of a loan when its payout ends (core.registry.order_settled, purpose "loan_disbursement")."""

    def lock(self, reference: str) -> None:
        """Lock customer, credit line and loan."""
        loan = Loan.objects.select_related("customer").get(serial=reference)
        credit_lines.lock_of(customers.lock(loan.customer.serial))
        loan.lock()

    def apply(self, outcome: OrderOutcome) -> None:
        """Start the loan, or cancel it."""
        loan = Loan.objects.select_related("customer").get(serial=outcome.reference)
        if outcome.after_failure:
            _bring_in(loan, outcome)
        elif outcome.status == "succeeded":
            _start(loan, outcome)
            _tell(loan, "loan_paid_out")
        elif outcome.status == "failed":
            _cancel(loan, outcome)
        else:
            _take_back(loan, outcome)


def register() -> None:
    """Name the alert."""
    alerts.register(
        LATE,
        title=_("Paid out although it had failed"),
        sentence=_(
            "Order %(order)s has paid %(amount)s for loan %(loan)s after all. Its partners have been let go, so "
            "the loan does not run: ask the customer to give the money back. It stands in suspense."
        ),
    )


def _start(loan: Loan, outcome: OrderOutcome) -> None:
    """The day the money is received is the value date; the schedule is made by the function that quoted it."""
    rows = quotes.for_loan(loan, value_date=outcome.business_date).schedule.rows
    loan.activate(
        by=PAYER,
        why=f"paid out by order {outcome.order_serial}",
        value_date=outcome.business_date,
        maturity_date=rows[-1].due,
        received_at=outcome.settled_at,
    )
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            no=row.no,
            start=row.start,
            due_date=row.due,
            principal=row.principal,
            interest=row.interest,
            balance=row.balance,
        )
        for row in rows
    )
    loan.note(plain_penalty_rate=dues.plain_penalty_rate(loan), acts_on=rows[0].due)
    booking.disbursed(loan, on=outcome.business_date, reference=outcome.order_serial)
    credit_lines.use(_line(loan), loan_serial=loan.serial)


def _bring_in(loan: Loan, outcome: OrderOutcome) -> None:
    if loan.funding.count() > 1:
        booking.paid_without_loan(loan, on=outcome.business_date, reference=outcome.order_serial)
        facts = {"order": outcome.order_serial, "loan": loan.serial, "amount": f"{outcome.amount:.2f}"}
        alerts.raise_alert(LATE, outcome.order_serial, severity=alerts.Severity.CRITICAL, **facts)
        return
    loan.revive(by=PAYER, why=f"order {outcome.order_serial} has paid after all")
    credit_lines.hold_again(_line(loan), loan_serial=loan.serial)
    _start(loan, outcome)
    _tell(loan, "loan_paid_after_all")


def _tell(loan: Loan, template: str) -> None:
    amount = format_yuan(loan.principal)
    messages.send(loan.customer, template, {"loan": loan.serial, "amount": amount}, key=f"paid {loan.serial}")


def _cancel(loan: Loan, outcome: OrderOutcome) -> None:
    loan.cancel(by=PAYER, why=f"payout failed: {outcome.reason}")
    releases.order(loan)
    credit_lines.release(_line(loan), loan_serial=loan.serial)
    messages.send(loan.customer, "payout_failed", {"loan": loan.serial}, key=f"failed {loan.serial}")


def _take_back(loan: Loan, outcome: OrderOutcome) -> None:
    """The payout came back. What fell due or was repaid meanwhile is for a person to sort out: the work is parked."""
    if loan.status == Loan.Status.CANCELLED:
        booking.returned_without_loan(loan, on=outcome.business_date, reference=outcome.order_serial)
        alerts.clear(LATE, outcome.order_serial, by=PAYER, why="the money came back")
        return
    if loan.instalments.filter(raised=True).exists():
        raise RuntimeError(f"the payout of {loan} came back after an instalment fell due: take back what was booked")
    booking.payout_returned(loan, on=outcome.business_date, reference=outcome.order_serial)
    credit_lines.restore(_line(loan), loan.principal)
    loan.cancel(by=PAYER, why=f"payout came back: {outcome.reason}")
    releases.order(loan)
    messages.send(loan.customer, "payout_failed", {"loan": loan.serial}, key=f"failed {loan.serial}")


def _line(loan: Loan) -> CreditLine:
    return CreditLine.objects.get(customer=loan.customer)
