"""Reason codes: stable for programs, with a sentence for staff and one for the customer.

The customer is not told which fraud layer spoke: those share one sentence that says what can be done.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core.problems import Problem
from risk import rule_words
from risk.facts import Outcome


@dataclass(frozen=True)
class Reason:
    """What a code means."""

    for_staff: str | Promise
    for_customer: str | Promise


def _plain(sentence: str | Promise) -> Reason:
    return Reason(sentence, sentence)


_CANNOT_CONFIRM = _("We could not confirm some of your details. Ask us to have a person look at it.")
_PICTURE = _("The picture of your ID card could not be matched. Send a clearer picture of your own ID card.")
_INCOME_PROOF = _("Your proof of income shows less than the income you stated. Send one of a recent month.")

# An officer who declines for this puts the applicant's traces on the watchlist (risk.watchlist.feed).
FRAUD_CONFIRMED = "OFFICER_FRAUD_CONFIRMED"

SCORE_REASONS = {
    "SCORE_EMPLOYMENT": _plain(_("The kind of work gives less certainty of income.")),
    "SCORE_EMPLOYMENT_YEARS": _plain(_("The time in the present work is short.")),
    "SCORE_HOUSING": _plain(_("The housing situation gives less certainty.")),
    "SCORE_AMOUNT_TO_INCOME": _plain(_("The amount is high for the income.")),
    "SCORE_EXPENSES_TO_INCOME": _plain(_("The expenses are high for the income.")),
    "SCORE_TERM_MONTHS": _plain(_("The term is long.")),
}
# Why trouble with the next payment is expected (risk.repayment_ability).
BEHAVIOUR_REASONS = {
    "SCORE_MONTHS_LATE": _plain(_("A payment is late now.")),
    "SCORE_WORST_MONTHS_LATE": _plain(_("A payment was late in the last half year.")),
    "SCORE_TIMES_LATE": _plain(_("Payments were late more than once in the last half year.")),
    "SCORE_PAID_SHARE": _plain(_("Not all that fell due in the last three months was paid.")),
    "SCORE_UTILISATION": _plain(_("Much of the credit limit is in use.")),
}
LIMIT_REASONS = {
    "NOT_AFFORDABLE": _plain(_("What is left of the income each month does not carry an instalment.")),
    "LIMIT_BELOW_REQUEST": _plain(_("The income carries less than was asked for.")),
}
ELSEWHERE_REASONS = {
    "LENDERS_SILENT": _plain(_("Other lenders were asked and did not answer in time.")),
}
FRAUD_REASONS = {
    "WATCHLIST": Reason(_("On the watchlist"), _CANNOT_CONFIRM),
    "DEVICE_SHARED": Reason(_("Other customers applied from the same device"), _CANNOT_CONFIRM),
    "DEVICE_FARM": Reason(_("Very many customers applied from the same device"), _CANNOT_CONFIRM),
    "DEVICE_BUSY": Reason(_("Many applications from one device within a day"), _CANNOT_CONFIRM),
    "MOBILE_BUSY": Reason(_("Many applications from one mobile within a day"), _CANNOT_CONFIRM),
    "CARD_SHARED": Reason(_("Another customer applied with the same bank card"), _CANNOT_CONFIRM),
    "ADDRESS_BUSY": Reason(_("Many applications from one network address within an hour"), _CANNOT_CONFIRM),
    "IDENTITY_BUSY": Reason(_("Many applications with one identity within a week"), _CANNOT_CONFIRM),
    "MOBILE_BUSY_WEEK": Reason(_("Many applications from one mobile within a week"), _CANNOT_CONFIRM),
    "CARD_BUSY": Reason(_("Many applications with one bank card within a day"), _CANNOT_CONFIRM),
    "DEVICE_RUSH": Reason(_("Many customers applied from the same device within a day"), _CANNOT_CONFIRM),
    "HOME_RUSH": Reason(_("Many customers of one home address applied within the hour"), _CANNOT_CONFIRM),
    "HOME_BUSY": Reason(_("Many customers of one home address applied within a day"), _CANNOT_CONFIRM),
    "HOME_CROWDED": Reason(_("Very many customers of one home address applied within a week"), _CANNOT_CONFIRM),
    "EMPLOYER_RUSH": Reason(_("Many customers of one employer applied within the hour"), _CANNOT_CONFIRM),
    "EMPLOYER_BUSY": Reason(_("Very many customers of one employer applied within a day"), _CANNOT_CONFIRM),
    "ADDRESS_BUSY_DAY": Reason(_("Very many applications from one network address within a day"), _CANNOT_CONFIRM),
    "ADDRESS_RUSH": Reason(_("Many customers at once from a network address that was quiet before"), _CANNOT_CONFIRM),
    "BURST": Reason(_("Customers of one employer applied from one network address within the hour"), _CANNOT_CONFIRM),
    "CONTACT_SHARED": Reason(_("Several other customers named the same contact"), _CANNOT_CONFIRM),
    "RING_LARGE": Reason(_("One of a large ring of linked customers"), _CANNOT_CONFIRM),
    "RING": Reason(_("One of a ring of linked customers in several homes"), _CANNOT_CONFIRM),
    "PICTURE_REUSED": Reason(_("Another customer handed in the same ID card picture"), _PICTURE),
    "DEVICE_EMULATED": Reason(_("The device is an emulator"), _CANNOT_CONFIRM),
    "DEVICE_AUTOMATED": Reason(_("The device is driven by a program"), _CANNOT_CONFIRM),
    "TRAVEL_IMPOSSIBLE": Reason(_("Signed in from two places too far apart for the time between"), _CANNOT_CONFIRM),
    "UNUSUAL": Reason(_("The answers seldom come together"), _CANNOT_CONFIRM),
    "UNUSUAL_AND_SIGN": Reason(_("The answers seldom come together, and there is another weak sign"), _CANNOT_CONFIRM),
    "ID_CARD_DIFFERS": Reason(_("The ID card picture differs from the verified identity"), _PICTURE),
    "ID_CARD_UNREADABLE": Reason(_("The ID card picture could not be read"), _PICTURE),
    "ID_CARD_NOT_READ": Reason(_("The ID card picture has not been read yet"), _PICTURE),
    "ID_CARD_MISSING": Reason(_("There is no ID card picture"), _PICTURE),
    "INCOME_NOT_SUPPORTED": Reason(_("The stated income is above what its proof shows"), _INCOME_PROOF),
    "DEVICE_UNKNOWN": Reason(_("The device did not say which it is"), _CANNOT_CONFIRM),
    "DEVICE_NEW": Reason(_("The device is new to us"), _CANNOT_CONFIRM),
}
# What an officer may give as reasons.
APPROVAL_REASONS = {
    "OFFICER_INCOME_CONFIRMED": _plain(_("The income was confirmed by documents.")),
    "OFFICER_IDENTITY_CONFIRMED": _plain(_("The identity was confirmed by documents.")),
    "OFFICER_GOOD_HISTORY": _plain(_("Earlier loans were repaid well.")),
    "OFFICER_SMALLER_AMOUNT": _plain(_("A smaller amount is affordable.")),
}
DECLINE_REASONS = {
    "OFFICER_INCOME_NOT_CONFIRMED": _plain(_("The income could not be confirmed.")),
    "OFFICER_NOT_AFFORDABLE": _plain(_("The instalments would take too much of the income.")),
    "OFFICER_WORK_UNCERTAIN": _plain(_("The work does not give enough certainty of income.")),
    "OFFICER_DOCUMENT_DOUBTFUL": _plain(_("A document could not be accepted.")),
    "OFFICER_PURPOSE": _plain(_("The purpose is not one that we finance.")),
    "OFFICER_SUSPECTED_FRAUD": Reason(_("Fraud is suspected"), _CANNOT_CONFIRM),
    FRAUD_CONFIRMED: Reason(_("Fraud is confirmed: what it came with goes on the watchlist"), _CANNOT_CONFIRM),
}

REASONS: dict[str, Reason] = {
    **SCORE_REASONS,
    **BEHAVIOUR_REASONS,
    **LIMIT_REASONS,
    **ELSEWHERE_REASONS,
    **FRAUD_REASONS,
    **APPROVAL_REASONS,
    **DECLINE_REASONS,
}


CODED_TABLE = ["code", "staff_en", "customer_en", "staff_zh", "customer_zh"]


def of(code: str) -> Reason | None:
    """What a code means, or meant when a published rule said it. None when nobody knows."""
    return REASONS.get(code) or _of_rule(code)


def _of_rule(code: str) -> Reason | None:
    words = rule_words.published().get(code)
    return _plain(str(words)) if words else None


def coded_table() -> list[list[str]]:
    """Every code, of the program and of published rules, as a row under CODED_TABLE."""
    return [[code, *_in_both_languages(code)] for code in sorted({*REASONS, *rule_words.published()})]


def _in_both_languages(code: str) -> list[str]:
    sentences = []
    for language in ("en", "zh-hans"):
        with override(language):
            sentences += [for_staff(code), *for_customer([code])]
    return sentences


def for_staff(code: str) -> str:
    """The sentence for staff, in the active language; the code itself when it is no longer known."""
    reason = of(code)
    return str(reason.for_staff) if reason else code


def for_customer(codes: list[str] | tuple[str, ...]) -> list[str]:
    """The sentences for the customer, in the active language, each once."""
    known = [reason for reason in map(of, codes) if reason]
    sentences = [str(reason.for_customer) for reason in known]
    return list(dict.fromkeys(sentences))


def require(given: Collection[str], outcome: Outcome) -> None:
    """Raise Problem `reason_missing` unless there are reasons, each from the list of those for a person's `outcome`."""
    allowed = APPROVAL_REASONS if outcome is Outcome.APPROVED else DECLINE_REASONS
    if not given or not set(given) <= set(allowed):
        raise Problem("reason_missing", _("Give at least one reason from the list."), field="reasons")
