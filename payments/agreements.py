"""Agreements by which a channel may deduct from a card. One is signed when a card is first collected from, and anew
when the institution says that it ended.

It is the channel's leave, not ours: whether a customer agreed to be deducted from, whoever orders a collection has
seen to.
"""

from django.db import IntegrityError, transaction

from accounts.models import BankCard
from core import clock, crypto
from payments.models import DeductionAgreement, PaymentOrder


def standing(channel: str, card_number: str) -> DeductionAgreement | None:
    """The agreement by which `channel` may deduct from the card now."""
    return DeductionAgreement.objects.filter(
        channel=channel, card_index=_index(card_number), ended_at__isnull=True
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
        return DeductionAgreement.objects.get(channel=channel, card_index=_index(card_number), ended_at__isnull=True)


def end(agreement: DeductionAgreement) -> None:
    """Note that the institution knows it no more."""
    DeductionAgreement.objects.filter(pk=agreement.pk, ended_at__isnull=True).update(ended_at=clock.now())


def _index(card_number: str) -> str:
    return crypto.blind_index("card", card_number)
