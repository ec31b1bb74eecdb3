"""Paying back what a customer paid beyond what was owed. Until then it is kept for the customer, a debt of ours.

It arises where a payment meets a debt that became smaller meanwhile: by a waiver that crossed it, by a rate that is
lowered from a past day on.
"""

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import messages
from core.money import format_yuan
from core.problems import Problem
from core.registry import OrderOutcome
from lending import booking, loans
from lending.models import Loan, LoanChange
from payments import orders
from payments.orders import OrderKind, Payee

PURPOSE = "loan_refund"


def held(among: QuerySet[Loan]) -> QuerySet[Loan]:
    """Those among the loans on which money of the customer's is held: the queue of refunds."""
    return among.filter(overpaid__gt=F("refunded"))


def require_due(loan: Loan) -> None:
    """Raise Problem `nothing_to_refund` (409) unless the locked loan holds money of the customer's."""
    if loan.credit <= 0:
        raise Problem("nothing_to_refund", _("Nothing was paid beyond what was owed."), status=409)


def order(loan: Loan, change: LoanChange) -> None:
    """Pay the customer's money back to the card: booked at once as a payout in clearing. Part of a transaction."""
    amount = loan.credit
    card = loans.card_of(loan.customer)
    made = orders.create_order(
        kind=OrderKind.PAYOUT,
        amount=amount,
        purpose=PURPOSE,
        reference=change.serial,
        payee=Payee(loan.customer.name, card.number),
        product=loan.frozen_terms["product"],
    )
    booking.refunded(loan, amount, reference=made.serial)


class RefundHandler:
    """What becomes of a refund when its payout ends (core.registry.order_settled, purpose "loan_refund")."""

    def lock(self, reference: str) -> None:
        """Lock collections' case, customer, credit line and loan."""
        loans.lock(_loan(reference).serial)

    def apply(self, outcome: OrderOutcome) -> None:
        """Tell the customer; or, where the money did not arrive, keep it for the customer again. Raises RuntimeError
        where it arrived after all, and was paid back once more meanwhile: that is for a person.
        """
        loan = _loan(outcome.reference)
        if outcome.after_failure:
            if loan.credit < outcome.amount:
                raise RuntimeError(f"order {outcome.order_serial} has refunded {loan} a second time")
            booking.refunded(loan, outcome.amount, reference=outcome.order_serial)
        if outcome.status == "succeeded":
            context = {"loan": loan.serial, "amount": format_yuan(outcome.amount)}
            messages.send(loan.customer, "loan_refund", context, key=f"refund {outcome.order_serial}")
        else:
            booking.refunded(loan, -outcome.amount, reference=outcome.order_serial)


def _loan(change_serial: str) -> Loan:
    return Loan.objects.select_related("customer").get(changes__serial=change_serial)
