"""Loans brought to a state by the use cases, as a customer would."""

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts import consents, roles, staff
from accounts.id_card_reading import READER
from accounts.models import Consent, Customer, Purpose, User
from accounts.origin import Channel
from accounts.roles import Role
from accounts.tests import factories
from core import clock, work
from core.outbound import Answer, Outcome
from core.registry import OrderOutcome, order_settled
from core.serials import Serial, next_serial
from lending import applications, confirmations, credit_lines, funding, product_drafts, products
from lending.models import Loan, LoanApplication, Participation, Product
from payments.models import PaymentOrder
from payments.tests.driving import finish
from risk.facts import Declared

DECLARED = Declared(
    employment="fixed",
    employment_years=6,
    housing="rent",
    monthly_income=Decimal("12000"),
    monthly_expenses=Decimal("3000"),
    monthly_debt=Decimal("0"),
)


def applicant() -> Customer:
    """A verified customer whose papers are in; the ID card was found to agree (unread, for speed)."""
    customer = factories.verified_customer()
    card = factories.id_card_of(customer)
    with transaction.atomic():
        card.find_agreeing(by=READER, why="the ID number in the picture is the verified one")
    factories.income_proof_of(customer)
    return customer


def withdraw_consent(customer: Customer, purpose: Purpose) -> None:
    """Take back what the customer agreed to for one purpose."""
    consent = Consent.objects.filter(customer=customer, text__purpose=purpose).latest("pk")
    consents.withdraw(customer=customer, consent_id=consent.pk, origin=factories.HOME)


def apply(customer: Customer, **changes: Any) -> LoanApplication:
    """Apply for 10,000 yuan over 12 months, or for something else."""
    wish: dict[str, Any] = {
        "product_code": "consumer",
        "amount": Decimal("10000"),
        "term_months": 12,
        "purpose": "appliances",
        "declared": DECLARED,
    }
    return applications.submit(customer=customer, **wish | changes)


def decided(customer: Customer, **changes: Any) -> LoanApplication:
    """An application that the machine has decided."""
    application = apply(customer, **changes)
    applications.decide(application.serial)
    return LoanApplication.objects.get(pk=application.pk)


def paid_out_loan() -> Loan:
    """A loan of 10,000 yuan over 12 months, just received by a new customer."""
    customer = factories.verified_customer()
    factories.id_card_of(customer)
    factories.income_proof_of(customer)
    application = applications.submit(
        customer=customer,
        product_code="consumer",
        amount=Decimal("10000"),
        term_months=12,
        purpose="appliances",
        declared=DECLARED,
    )
    work.drain()
    confirmations.open_offer(customer=customer, serial=application.serial)
    LoanApplication.objects.filter(pk=application.pk).update(opened_at=clock.real_now() - dt.timedelta(minutes=1))
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel=Channel.PORTAL)
    finish()
    return Loan.objects.get(pk=loan.pk)


def officer(username: str, role: Role = Role.RISK_OFFICER) -> User:
    """A member of staff, hired when first asked for."""
    roles.load()
    found = User.objects.filter(username=username).first()
    return found or staff.hire(username=username, password="correct horse battery", role=role)


def published(**changes: Any) -> Product:
    """The consumer loan with changes, in force from today: drafted by one officer, published by another."""
    current = products.find("consumer", on=clock.today())
    terms = {name: getattr(current, name) for name in product_drafts.COPIED}
    changed = {**terms, "effective_from": clock.today(), **changes}
    code = changed.pop("code", "consumer")
    author = officer("author")
    draft = product_drafts.draft(officer=author, code=code, terms=changed)
    product_drafts.propose(officer=author, product=draft, why="wanted")
    return product_drafts.publish(officer=officer("publisher"), product=draft, why="well")


def offered(
    customer: Customer,
    *,
    amount: Decimal,
    term_months: int = 12,
    annual_rate: str = "0.1224",
    product_code: str = "consumer",
    method: str = "equal_instalment",
) -> LoanApplication:
    """An offer of `amount` yuan to a verified customer, as a decision would make it, whose costs have been read."""
    with transaction.atomic():
        application = LoanApplication.objects.create(
            serial=next_serial(Serial.APPLICATION),
            customer=customer,
            product=products.find(product_code, on=clock.today()),
            amount=amount,
            term_months=term_months,
            method=method,
            purpose="appliances",
            submitted_at=clock.real_now(),
            **asdict(DECLARED),
        )
        application.approve(
            by="test",
            why="test",
            decision_serial="",
            offered_amount=amount,
            annual_rate=Decimal(annual_rate),
            expires_at=clock.now() + dt.timedelta(days=7),
            offered_at=clock.real_now(),
        )
        credit_lines.grant_more(customer, amount)
        application.opened_at = clock.real_now() - dt.timedelta(minutes=1)
        application.save()
    return application


def tell(order_serial: str, status: str, *, reason: str = "", after_failure: bool = False) -> None:
    """Let lending hear of an order's end as payments announce it, without the institution."""
    order = PaymentOrder.objects.get(serial=order_serial)
    handler = order_settled.handler(order.purpose)
    with transaction.atomic():
        handler.lock(order.reference)
        handler.apply(
            OrderOutcome(
                order_serial=order.serial,
                purpose=order.purpose,
                reference=order.reference,
                status=status,
                amount=order.amount,
                settled_at=clock.real_now(),
                business_date=clock.today(),
                channel="payment",
                reason=reason,
                after_failure=after_failure,
            )
        )


def running_loan(customer: Customer, *, partner: bool = False, **terms: Any) -> Loan:
    """A loan just received; with `partner`, 70 % of it are the demo partner's."""
    return received(offered(customer, **terms), partner=partner)


def received(application: LoanApplication, *, partner: bool = False) -> Loan:
    """The loan that an offer becomes when its customer takes it and the money arrives."""
    customer = application.customer
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel=Channel.PORTAL)
    for participation in Participation.objects.filter(loan=loan):
        funding.settle(participation.serial, "approved" if partner else "refused", Answer(Outcome.UNKNOWN))
    loan = Loan.objects.get(pk=loan.pk)
    tell(loan.payout_order, "succeeded")
    return Loan.objects.get(pk=loan.pk)
