"""Agreements by which a channel may deduct from a card. One is signed when a card is first collected from, and anew
when the institution says that it ended. With the customer's consent to be deducted from it is ended there too.

It is the channel's leave, not ours: whether a customer agreed to be deducted from, whoever orders a collection has
seen to.
"""

from django.db import IntegrityError, transaction

from accounts.models import BankCard, Purpose
from core import actors, clock, crypto, work
from payments.models import DeductionAgreement, PaymentOrder

END = "end_agreement"
Status = DeductionAgreement.Status


def standing(channel: str, card_number: str) -> DeductionAgreement | None:
    """The agreement by which `channel` may deduct from the card now."""
    return DeductionAgreement.objects.filter(
        channel=channel, card_index=_index(card_number), status=Status.STANDING
    ).first()


def verified_card(order: PaymentOrder) -> BankCard | None:
    """The card that an order collects from, as its holder proved it to be his own; None for any other card."""
    cards = BankCard.objects.filter(number_index=_index(order.account_number)).select_related("customer")
    return next((card for card in cards.order_by("-verified_at") if card.customer.name == order.payee_name), None)


def keep(*, serial: str, channel: str, card_number: str, number: str) -> DeductionAgreement:
    """Keep what was signed; where somebody was quicker, his stands."""
    try:
        with transaction.atomic():
            return DeductionAgreement.objects.create(
                serial=serial, channel=channel, card_index=_index(card_number), number=number, signed_at=clock.now()
            )
    except IntegrityError:
        return DeductionAgreement.objects.get(channel=channel, card_index=_index(card_number), status=Status.STANDING)


@transaction.atomic(durable=True)
def note_ended(agreement: DeductionAgreement) -> None:
    """The institution says that it knows the agreement no more. Twice is harmless."""
    agreement.lock()
    if agreement.status != Status.ENDED:
        agreement.end(by=actors.system(agreement.channel), why="the institution knows it no more")


def consent_withdrawn(customer: str, purpose: str) -> None:
    """A customer (serial number) takes back a consent, in the open transaction: with that to be deducted from, every
    agreement with the holder of a card of this customer is to end at its institution.
    """
    if purpose != Purpose.DEDUCTION:
        return
    cards = BankCard.objects.filter(customer__serial=customer).values("number_index")
    standing_now = DeductionAgreement.objects.select_for_update(no_key=True).filter(
        card_index__in=cards, status=Status.STANDING
    )
    for agreement in standing_now.order_by("id"):
        agreement.take_back(by=actors.customer(customer), why="the consent was withdrawn")
        work.enqueue(END, agreement.serial)


def _index(card_number: str) -> str:
    return crypto.blind_index("card", card_number)
