"""The chart of accounts: which kinds there are, on which side each grows, and whose each one is.

An account is named `<kind>` or `<kind>:<owner>`; the owner is a funder or a channel, as the kind says. It is opened
by its first posting.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """The two sides of an entry."""

    DEBIT = "debit", _("debit")
    CREDIT = "credit", _("credit")

    @property
    def other(self) -> "Side":
        """The opposite side, on which a reversal stands."""
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


class Owner(StrEnum):
    """What an account of a kind belongs to."""

    HOUSE = "house"
    FUNDER = "funder"
    CHANNEL = "channel"


class AccountKind(models.TextChoices):
    """The kinds of accounts. Assets and costs grow on the debit side, the others on the credit side."""

    CHANNEL_CASH = "channel_cash", _("cash with a payment institution")
    LOAN_PRINCIPAL = "loan_principal", _("customers' loans, principal")
    INTEREST_RECEIVABLE = "interest_receivable", _("interest receivable")
    INTEREST_ACCRUED = "interest_accrued", _("interest accrued, not yet due")
    PENALTY_RECEIVABLE = "penalty_receivable", _("penalty interest receivable")
    FEE_RECEIVABLE = "fee_receivable", _("fees receivable")
    CHANNEL_FEES = "channel_fees", _("fees of payment institutions")
    CREDIT_LOSS = "credit_loss", _("credit losses")
    WAIVERS = "waivers", _("waivers granted")
    PAYOUT_CLEARING = "payout_clearing", _("payouts in clearing")
    COLLECTION_CLEARING = "collection_clearing", _("collections in clearing")
    CUSTOMER_CREDIT = "customer_credit", _("customers' overpayments")
    SUSPENSE = "suspense", _("suspense")
    FUND_POOL = "fund_pool", _("fund pool")
    PARTNER_SETTLEMENT = "partner_settlement", _("due to a funding partner")
    SUSPENDED_INCOME = "suspended_income", _("income of non-accrual loans, suspended")
    INTEREST_INCOME = "interest_income", _("interest income")
    PENALTY_INCOME = "penalty_income", _("penalty interest income")
    FEE_INCOME = "fee_income", _("fee income")
    RECOVERIES = "recoveries", _("recoveries of written-off loans")


@dataclass(frozen=True)
class Nature:
    """On which side an account grows, and whose it is."""

    normal: Side
    owner: Owner


NATURES: dict[AccountKind, Nature] = {
    AccountKind.CHANNEL_CASH: Nature(Side.DEBIT, Owner.CHANNEL),
    AccountKind.LOAN_PRINCIPAL: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.INTEREST_RECEIVABLE: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.INTEREST_ACCRUED: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.PENALTY_RECEIVABLE: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.FEE_RECEIVABLE: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.CHANNEL_FEES: Nature(Side.DEBIT, Owner.CHANNEL),
    AccountKind.CREDIT_LOSS: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.WAIVERS: Nature(Side.DEBIT, Owner.FUNDER),
    AccountKind.PAYOUT_CLEARING: Nature(Side.CREDIT, Owner.HOUSE),
    AccountKind.COLLECTION_CLEARING: Nature(Side.CREDIT, Owner.HOUSE),
    AccountKind.CUSTOMER_CREDIT: Nature(Side.CREDIT, Owner.HOUSE),
    AccountKind.SUSPENSE: Nature(Side.CREDIT, Owner.HOUSE),
    AccountKind.FUND_POOL: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.PARTNER_SETTLEMENT: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.SUSPENDED_INCOME: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.INTEREST_INCOME: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.PENALTY_INCOME: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.FEE_INCOME: Nature(Side.CREDIT, Owner.FUNDER),
    AccountKind.RECOVERIES: Nature(Side.CREDIT, Owner.FUNDER),
}


def account(kind: AccountKind, *, funder: str = "", channel: str = "") -> str:
    """The code of the account of this kind. Raises ValueError unless exactly the owner that the kind asks for is
    given.
    """
    wanted = NATURES[kind].owner
    given = {Owner.FUNDER: funder, Owner.CHANNEL: channel}
    if {owner for owner, name in given.items() if name} != {wanted} - {Owner.HOUSE}:
        raise ValueError(f"an account of kind {kind.value} belongs to: {wanted.value}")
    owner = given.get(wanted, "")
    return f"{kind.value}:{owner}" if owner else kind.value


def kind_of(code: str) -> AccountKind:
    """The kind of the account with this code. Raises ValueError for a code that no chart knows."""
    return AccountKind(code.partition(":")[0])


def normal_side(code: str) -> Side:
    """The side on which the account with this code grows."""
    return NATURES[kind_of(code)].normal
