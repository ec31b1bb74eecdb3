"""Stands where lending stands: locks its own row first, posts the other leg, and can be made to fail."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from stdnum import luhn

from core import clock
from core.registry import OrderOutcome
from payments import ledger, orders
from payments.chart import AccountKind, account
from payments.models import OrderKind, PaymentOrder

PAYOUT_PURPOSE, COLLECTION_PURPOSE = "test_payout", "test_collection"
PURPOSES = {OrderKind.PAYOUT: PAYOUT_PURPOSE, OrderKind.COLLECTION: COLLECTION_PURPOSE}
NAME = "欧阳清风"
CARD = "622202987654321001" + luhn.calc_check_digit("622202987654321001")
PAYEE = orders.Payee(NAME, CARD)


@dataclass
class Orderer:
    """What it was told, in order; `fails` makes it raise."""

    outcomes: list[OrderOutcome] = field(default_factory=list)
    fails: bool = False

    def lock(self, reference: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [reference])

    def apply(self, outcome: OrderOutcome) -> None:
        if self.fails:
            raise RuntimeError("the loan could not be booked")
        self.outcomes.append(outcome)
        if outcome.status != "failed":
            _post_other_leg(outcome)

    @property
    def heard(self) -> list[str]:
        return [outcome.status for outcome in self.outcomes]


def _post_other_leg(outcome: OrderOutcome) -> None:
    loan = account(AccountKind.LOAN_PRINCIPAL, funder="own")
    if outcome.purpose == PAYOUT_PURPOSE:
        clearing = account(AccountKind.PAYOUT_CLEARING)
        lines = [ledger.debit(loan, outcome.amount), ledger.credit(clearing, outcome.amount)]
    else:
        clearing = account(AccountKind.COLLECTION_CLEARING)
        lines = [ledger.debit(clearing, outcome.amount), ledger.credit(loan, outcome.amount)]
    ledger.post(
        key=f"orderer:{outcome.order_serial}:{outcome.status}",
        business_date=outcome.business_date,
        purpose="test",
        reference=outcome.reference,
        entries=ledger.reversed_lines(lines) if outcome.status == "returned" else lines,
    )


def order(
    amount: str = "1000.00",
    kind: OrderKind = OrderKind.PAYOUT,
    reference: str = "LOAN1",
    payee: orders.Payee = PAYEE,
    **tags: Any,
) -> PaymentOrder:
    """An order as lending would create it: in its own durable transaction."""
    with transaction.atomic(durable=True):
        return orders.create_order(
            kind=kind,
            amount=Decimal(amount),
            purpose=PURPOSES[kind],
            reference=reference,
            payee=payee,
            **tags,
        )


def cash(channel: str = "payment") -> Decimal:
    """What our ledger says we have with an institution."""
    return ledger.balance(account(AccountKind.CHANNEL_CASH, channel=channel))


def nothing_hangs() -> bool:
    """Whether both clearing accounts are even and the ledger balances."""
    rows = ledger.trial_balance(clock.today())
    kinds = (AccountKind.PAYOUT_CLEARING, AccountKind.COLLECTION_CLEARING)
    even = all(ledger.balance(account(kind)) == 0 for kind in kinds)
    return even and sum(row.debit_balance for row in rows) == sum(row.credit_balance for row in rows)
