"""Help before anything is late: the customer is told once, outside the quiet hours, and asks for it or does not.

Who asks is in the officers' list: one proposes an extension of the loan and a second makes it happen (lending.changes),
or an officer says why there is none. All of it stays on record.
"""

import contextlib
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import messages, roles
from accounts.models import Customer, User
from core import actors, clock, work
from core.money import format_yuan
from core.problems import Problem
from debt_collection import quiet_hours
from debt_collection.models import HelpOffer
from lending import changes
from lending.models import Instalment, Loan, LoanChange
from lending.repayment_behaviour import UNPAID

TELL = "offer_help"
CALENDAR = actors.system("early-help")
MONTHS_OFFERED = (3, 6, 12)


def tell(serial: str) -> work.Again | None:
    """Work handler: tell the customer of an offer, or wait until the quiet hours are over."""
    with transaction.atomic(durable=True):
        offer = _locked(serial)
        if not is_needed(offer) or offer.told_at:
            return None
        wait = quiet_hours.time_until_allowed(clock.now())
        if wait:
            return work.Again(after=wait)
        _write_to_customer(offer, "help_offered")
        offer.told_at = clock.now()
        offer.save()
    return None


def close_what_is_over() -> None:
    """Withdraw the offers whose instalment has been paid, and let lapse those whose due date has passed."""
    late = Q(due_date__lt=clock.today())
    with transaction.atomic(durable=True):
        for offer in _open().filter(late | ~Exists(_unpaid())).select_for_update(skip_locked=True):
            if is_paid(offer):
                offer.withdraw(by=CALENDAR, why="the instalment is paid")
            else:
                offer.lapse(by=CALENDAR, why="the due date has passed")


def open_of(customer: Customer) -> QuerySet[HelpOffer]:
    """The offers that a customer can answer."""
    return _open().filter(Exists(_unpaid()), customer_serial=customer.serial, due_date__gte=clock.today())


def find(customer: Customer, serial: str) -> HelpOffer:
    """The customer's offer with this serial number. Raises Problem `not_found` (404) for anybody else's."""
    offer = HelpOffer.objects.filter(customer_serial=customer.serial, serial=serial).first()
    if offer is None:
        raise Problem("not_found", _("There is no such offer."), status=404)
    return offer


def is_paid(offer: HelpOffer) -> bool:
    """Whether nothing of the instalment is left to pay."""
    return not _instalment(offer).filter(UNPAID).exists()


def is_needed(offer: HelpOffer) -> bool:
    """Whether the customer can still answer: before the due date is over, while the instalment is unpaid."""
    return offer.is_open and offer.due_date >= clock.today() and not is_paid(offer)


def options(offer: HelpOffer) -> list[tuple[int, Decimal]]:
    """By how many months the loan can be extended, and what the next instalment would then be, yuan."""
    loan, found = _loan(offer), []
    for months in MONTHS_OFFERED:
        with contextlib.suppress(Problem):  # longer than this loan may be
            found.append((months, changes.extended(loan, months)))
    return found


def accept(*, customer: Customer, serial: str, months: int | None) -> HelpOffer:
    """The customer asks for help: for so many months more, or (None) to talk with an officer.

    Raises Problem: not_found (404), offer_over (409), months_invalid.
    """
    with transaction.atomic(durable=True):
        offer = _answerable(customer, serial)
        if months is not None and months not in dict(options(offer)):
            raise Problem("months_invalid", _("Choose one of the answers."), field="months")
        offer.accept(by=actors.customer(customer.serial), why="asked for help", months_wished=months)
    return offer


def decline(*, customer: Customer, serial: str) -> HelpOffer:
    """The customer needs no help. Raises Problem: not_found (404), offer_over (409)."""
    with transaction.atomic(durable=True):
        offer = _answerable(customer, serial)
        offer.decline(by=actors.customer(customer.serial), why="needs no help")
    return offer


def propose_extension(*, officer: User, offer: HelpOffer, months: int, why: str) -> LoanChange:
    """An officer's answer: an extension by so many months, which a second officer makes happen.

    Raises Problem: not_permitted (403), wrong_state, already_proposed (both 409), and what proposing an extension does.
    """
    actor = roles.actor(officer, changes.PROPOSE)
    with transaction.atomic(durable=True):
        offer = _unanswered(offer)
        change = changes.put_forward(actor, _loan(offer), LoanChange.Kind.EXTENSION, {"months": months}, why)
        offer.propose(by=actor, why=why, change=change.serial)
    return change


def refuse(*, officer: User, offer: HelpOffer, why: str) -> HelpOffer:
    """An officer's answer: nothing can be changed. The customer is told so.

    Raises Problem: not_permitted (403), wrong_state, already_proposed (both 409).
    """
    actor = roles.actor(officer, changes.PROPOSE)
    with transaction.atomic(durable=True):
        offer = _unanswered(offer)
        offer.refuse(by=actor, why=why)
        _write_to_customer(offer, "help_refused")
    return offer


def change_of(offer: HelpOffer) -> LoanChange | None:
    """The change of the loan that was last proposed to help."""
    return LoanChange.objects.filter(serial=offer.change).first() if offer.change else None


def _locked(serial: str) -> HelpOffer:
    offer = HelpOffer.objects.select_related("forecast").get(serial=serial)
    offer.lock()
    return offer


def _answerable(customer: Customer, serial: str) -> HelpOffer:
    offer = _locked(find(customer, serial).serial)
    if not is_needed(offer):
        raise Problem("offer_over", _("This offer is over, or you have answered it."), status=409)
    return offer


def _unanswered(offer: HelpOffer) -> HelpOffer:
    """The offer, locked, if no officer's answer stands: none was given, or a second officer refused it."""
    offer = _locked(offer.serial)
    change = change_of(offer)
    if change and change.status != LoanChange.Status.REFUSED:
        raise Problem("already_proposed", _("A change of the loan has been proposed for this already."), status=409)
    return offer


def _open() -> QuerySet[HelpOffer]:
    return HelpOffer.objects.filter(status=HelpOffer.Status.OFFERED)


def _unpaid() -> QuerySet[Instalment]:
    return Instalment.objects.filter(UNPAID, loan__serial=OuterRef("loan_serial"), no=OuterRef("instalment_no"))


def _instalment(offer: HelpOffer) -> QuerySet[Instalment]:
    return Instalment.objects.filter(loan__serial=offer.loan_serial, no=offer.instalment_no)


def _loan(offer: HelpOffer) -> Loan:
    return Loan.objects.select_related("customer").get(serial=offer.loan_serial)


def _write_to_customer(offer: HelpOffer, template: str) -> None:
    context = {"loan": offer.loan_serial, "amount": format_yuan(offer.amount), "date": str(offer.due_date)}
    customer = Customer.objects.get(serial=offer.customer_serial)
    messages.send(customer, template, context, key=f"{template} {offer.serial}")
