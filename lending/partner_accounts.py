"""The account that a funding partner is settled with through: one officer enters it, another puts it in force.

The number is masked on every page, so the second officer types it anew from the partner's own paper: what differs is
refused. Nothing is overwritten, each account stays as a row. An order keeps the account that it was made with.

Our own account is none of these: it belongs to the connection with the bank (settings.BANK_ACCOUNT).
"""

import re
import unicodedata

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals
from core.problems import Problem
from lending.models import Funder, PartnerAccount

PROPOSE = "lending.propose_partner_account"
APPROVE = "lending.approve_partner_account"
VERB = "put_in_force"
_ACCOUNT_NUMBER = re.compile(r"[0-9]{8,32}")
_BANK_NUMBER = re.compile(r"[0-9]{12}")
Status = PartnerAccount.Status


def propose(*, officer: User, partner: Funder, account_number: str, bank_number: str, why: str) -> PartnerAccount:
    """Propose an account of a partner, in the place of the one in force.

    Raises Problem: not_permitted (403), not_a_partner, account_number_invalid, bank_number_invalid, reason_missing,
    already_proposed (409).
    """
    actor = roles.actor(officer, PROPOSE)
    with transaction.atomic(durable=True):
        partner = _locked(partner)
        if partner.kind != Funder.Kind.PARTNER:
            raise Problem("not_a_partner", _("Our own account belongs to the connection with the bank."))
        if partner.accounts.filter(status=Status.PROPOSED).exists():
            raise Problem("already_proposed", _("This waits for a second person already."), status=409)
        account = PartnerAccount.objects.create(
            partner=partner, account_number=_account_number(account_number), bank_number=_bank_number(bank_number)
        )
        approvals.propose(account, VERB, by=actor, why=why)
    return account


def approve(*, officer: User, account: PartnerAccount, account_number: str, why: str) -> None:
    """The second person's yes, who has typed the number anew: settlements go through this account from now on.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, nothing_proposed (409),
    account_number_differs.
    """
    actor = roles.actor(officer, APPROVE)
    with transaction.atomic(durable=True):
        before = in_force(_locked(account.partner))
        approvals.approve(account, VERB, by=actor, why=why)
        if _plain(account_number) != account.account_number:
            message = _("This is not the number that was proposed: compare it with the partner's paper.")
            raise Problem("account_number_differs", message, field="account_number")
        if before:
            before.replace(by=actor, why=why)
        account.put_in_force(by=actor, why=why)


def refuse(*, officer: User, account: PartnerAccount, why: str) -> None:
    """The second person's no, or the first one's second thought.

    Raises Problem: not_permitted (403), reason_missing, nothing_proposed (409).
    """
    actor = roles.actor(officer, PROPOSE, APPROVE)
    with transaction.atomic(durable=True):
        _locked(account.partner)
        approvals.refuse(account, VERB, by=actor, why=why)
        account.refuse(by=actor, why=why)


def in_force(partner: Funder) -> PartnerAccount | None:
    """The account that a partner is settled with through now, if one is known."""
    return PartnerAccount.objects.filter(partner=partner, status=Status.IN_FORCE).first()


def _locked(partner: Funder) -> Funder:
    """A partner's accounts change one after the other, and not while a settlement is drawn up."""
    return Funder.objects.select_for_update(no_key=True).get(pk=partner.pk)


def _plain(number: str) -> str:
    """As people write it in groups or in full width, without the gaps, in plain digits."""
    return "".join(unicodedata.normalize("NFKC", number).split())


def _account_number(text: str) -> str:
    number = _plain(text)
    if not _ACCOUNT_NUMBER.fullmatch(number):
        raise Problem("account_number_invalid", _("Enter the account number: 8 to 32 digits."), field="account_number")
    return number


def _bank_number(text: str) -> str:
    number = _plain(text)
    if not _BANK_NUMBER.fullmatch(number):
        raise Problem(
            "bank_number_invalid", _("Enter the bank's number in the clearing: 12 digits."), field="bank_number"
        )
    return number
