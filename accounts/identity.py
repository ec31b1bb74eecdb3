"""Real-name verification: the four-element check against the identity authority, answered in three ways.

Only a signed "agree" verifies. "Cannot check", a lost answer and a broken line say nothing about the person.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import consents, customers, documents, messages
from accounts.card_number import clean_card_number, debit_card_issuer
from accounts.identity_number import clean_id_number, require_adult
from accounts.mobile_number import clean_mobile
from accounts.models import BankCard, Customer, IdentityCheck
from accounts.real_name import clean_name
from accounts.turns import wait_turn
from core import actors, clock
from core.crypto import blind_index
from core.institutions import institution
from core.outbound import Answer, SignedClient
from core.problems import Problem
from core.serials import Serial, next_serial

# Authorities lock a person after 3 wrong answers in a row or 10 questions a day; we stop before that.
MAX_WRONG_IN_A_ROW = 2
MAX_CHECKS_A_DAY = 8
# An unanswered check older than this was cut off by a crash.
ABANDONED_AFTER = dt.timedelta(seconds=60)

AUTHORITY = actors.system("identity authority")
Status = IdentityCheck.Status


@dataclass(frozen=True)
class FourElements:
    """What is asked about, cleaned."""

    name: str
    id_number: str
    card_number: str
    reserved_mobile: str


def verify(*, customer: Customer, name: str, id_number: str, card_number: str, reserved_mobile: str) -> IdentityCheck:
    """Have the authority confirm who the customer is; on its yes identity and card are the customer's.

    A verified customer adds a card in the same way. Calls the authority, so not inside a transaction. Raises
    Problem: the inputs' own (id_number_invalid, under_age, card_number_invalid, card_is_credit, …),
    consent_missing, identity_in_use, identity_fixed, identity_locked (429), identity_check_running (409),
    identity_disagrees, identity_cannot_check (503).
    """
    elements = clean_elements(name=name, id_number=id_number, card_number=card_number, reserved_mobile=reserved_mobile)
    check = _begin(customer, elements)
    if check.status == Status.ASKING:
        check = _settle(check, _ask(check))
    return check


def latest(customer: Customer) -> IdentityCheck | None:
    """The customer's last check, for pages that show how it stands."""
    return customer.identity_checks.order_by("-id").first()


def clean_elements(*, name: str, id_number: str, card_number: str, reserved_mobile: str) -> FourElements:
    """The four elements as they are compared. Raises Problem, those of the inputs."""
    today = clock.today()
    elements = FourElements(
        clean_name(name),
        clean_id_number(id_number, on=today),
        clean_card_number(card_number),
        clean_mobile(reserved_mobile, field="reserved_mobile"),
    )
    require_adult(elements.id_number, on=today)
    debit_card_issuer(elements.card_number)
    return elements


def is_proven(customer: Customer, elements: FourElements) -> bool:
    """Whether these are the verified customer's own, with a card that the authority has agreed to."""
    card = customer.cards.filter(number_index=blind_index("card", elements.card_number)).first()
    if card is None:
        return False
    known = FourElements(customer.name, customer.id_number, card.number, card.reserved_mobile)
    return known == elements


@transaction.atomic(durable=True)
def _begin(customer: Customer, elements: FourElements) -> IdentityCheck:
    """Take up the check, committed before the authority is asked; or find the very same, agreed already."""
    customer = customers.lock(customer.serial)
    consents.require_consents(customer, consents.FOR_IDENTITY)
    id_index = blind_index("id_number", elements.id_number)
    wait_turn(f"identity {id_index}")
    if known := _already_agreed(customer, elements):
        return known
    _require_free_identity(customer, id_index)
    _require_nothing_running(customer)
    _require_attempts_left(IdentityCheck.objects.filter(customer=customer))
    _require_attempts_left(IdentityCheck.objects.filter(id_number_index=id_index))
    return IdentityCheck.objects.create(
        customer=customer,
        serial=next_serial(Serial.IDENTITY_CHECK),
        name=elements.name,
        id_number=elements.id_number,
        card_number=elements.card_number,
        reserved_mobile=elements.reserved_mobile,
    )


def _already_agreed(customer: Customer, elements: FourElements) -> IdentityCheck | None:
    if (customer.name, customer.id_number) != (elements.name, elements.id_number):
        return None
    card = customer.cards.filter(number_index=blind_index("card", elements.card_number)).first()
    return card.identity_check if card else None


def _require_free_identity(customer: Customer, id_index: str) -> None:
    if customer.is_verified and customer.id_number_index != id_index:
        message = _("Your identity is verified already and cannot be changed here. Call our service line.")
        raise Problem("identity_fixed", message, field="id_number", status=409)
    if Customer.objects.filter(id_number_index=id_index).exclude(pk=customer.pk).exists():
        raise _in_use()


def _require_nothing_running(customer: Customer) -> None:
    for check in customer.identity_checks.filter(status=Status.ASKING):
        if clock.now() - check.asked_at < ABANDONED_AFTER:
            message = _("Your identity is being checked just now. Look again in a minute.")
            raise Problem("identity_check_running", message, status=409)
        check.give_up(by=AUTHORITY, why="no answer was recorded")


def _require_attempts_left(checks: QuerySet[IdentityCheck]) -> None:
    today = checks.filter(asked_at__gte=clock.start_of_day(clock.today()))
    answers = today.filter(status__in=[Status.AGREED, Status.DISAGREED]).order_by("-id")
    last = answers.values_list("status", flat=True)[:MAX_WRONG_IN_A_ROW]
    locked = len(last) == MAX_WRONG_IN_A_ROW and set(last) == {Status.DISAGREED}
    if locked or today.count() >= MAX_CHECKS_A_DAY:
        message = _("There were too many attempts today. Check your details and try again tomorrow.")
        raise Problem("identity_locked", message, status=429)


def _ask(check: IdentityCheck) -> Answer:
    payload = {
        "serial": check.serial,
        "name": check.name,
        "id_number": check.id_number,
        "card_number": check.card_number,
        "reserved_mobile": check.reserved_mobile,
    }
    return SignedClient(institution("identity")).post("/identity/v1/four-elements", payload, serial=check.serial)


def _settle(check: IdentityCheck, answer: Answer) -> IdentityCheck:
    """Record the answer; raise its Problem unless it is a yes."""
    said = str(answer.body.get("answer", "")) if answer.ok else ""
    reason = str(answer.body.get("reason") or said or answer.outcome)[:200]
    authority_serial = str(answer.body.get("authority_serial", ""))[:64]
    if said == "agree":
        return _accept(check, reason, authority_serial)
    with transaction.atomic(durable=True):
        if said == "disagree":
            check.disagree(by=AUTHORITY, why=reason, authority_serial=authority_serial)
        else:
            check.give_up(by=AUTHORITY, why=reason, authority_serial=authority_serial)
    raise _refusal(check)


def _accept(check: IdentityCheck, reason: str, authority_serial: str) -> IdentityCheck:
    with transaction.atomic(durable=True):
        customer = customers.lock(check.customer.serial)
        check.agree(by=AUTHORITY, why=reason, authority_serial=authority_serial)
        owner = _make_verified(customer, check)
    if not owner:
        raise _in_use()
    return check


def _make_verified(customer: Customer, check: IdentityCheck) -> bool:
    """Make the identity and the card the customer's; False when somebody else was this person first."""
    if not customer.is_verified:
        customer.name, customer.id_number, customer.verified_at = check.name, check.id_number, clock.now()
        try:
            with transaction.atomic():
                customer.save(update_fields=["name", "id_number", "id_number_index", "verified_at"])
        except IntegrityError:
            return False
        messages.send(customer, "identity_verified", key="identity verified")
        documents.read_waiting(customer)
    _add_card(customer, check)
    return True


def _add_card(customer: Customer, check: IdentityCheck) -> None:
    BankCard.objects.create(
        customer=customer,
        number=check.card_number,
        reserved_mobile=check.reserved_mobile,
        bin=check.card_number[:6],
        bank=debit_card_issuer(check.card_number).bank,
        last_four=check.card_number[-4:],
        identity_check=check,
    )


def _refusal(check: IdentityCheck) -> Problem:
    if check.status == Status.DISAGREED:
        message = _("Name, ID number, card and mobile do not belong together. Check each of them and try again.")
        return Problem("identity_disagrees", message, status=422)
    message = _("The identity authority cannot answer just now. You are not verified yet; try again later.")
    return Problem("identity_cannot_check", message, status=503)


def _in_use() -> Problem:
    message = _("This ID number belongs to another account. Sign in with the mobile you used then.")
    return Problem("identity_in_use", message, field="id_number", status=409)
