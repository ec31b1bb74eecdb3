"""Reason codes: stable for programs, with a sentence for staff and one for the customer.

The customer is not told which fraud layer spoke: those share one sentence that says what can be done.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Reason:
    """What a code means."""

    for_staff: str | Promise
    for_customer: str | Promise


def _plain(sentence: str | Promise) -> Reason:
    return Reason(sentence, sentence)


_CANNOT_CONFIRM = _("We could not confirm some of your details. Ask us to have a person look at it.")
_PICTURE = _("The picture of your ID card could not be matched. Send a clearer picture of your own ID card.")

SCORE_REASONS = {
    "SCORE_EMPLOYMENT": _plain(_("The kind of work gives less certainty of income.")),
    "SCORE_EMPLOYMENT_YEARS": _plain(_("The time in the present work is short.")),
    "SCORE_HOUSING": _plain(_("The housing situation gives less certainty.")),
    "SCORE_AMOUNT_TO_INCOME": _plain(_("The amount is high for the income.")),
    "SCORE_EXPENSES_TO_INCOME": _plain(_("The expenses are high for the income.")),
    "SCORE_TERM_MONTHS": _plain(_("The term is long.")),
}
RULE_REASONS = {
    "UNDER_AGE": _plain(_("Borrowers must be 18 or older.")),
    "AMOUNT_OUT_OF_RANGE": _plain(_("The amount is outside what can be lent.")),
    "PURPOSE_NOT_FINANCED": _plain(_("This purpose is not financed: no homes, shares, futures or other investment.")),
    "STUDENT": _plain(_("We do not lend to students.")),
    "EXPOSURE_TOO_HIGH": _plain(_("Together with what is already owed to us, the amount is too high.")),
    "NO_INCOME": _plain(_("There is no regular income.")),
    "DEBT_SERVICE_TOO_HIGH": _plain(_("Repayments elsewhere take too much of the income.")),
    "DEBT_SERVICE_HIGH": _plain(_("Repayments elsewhere take much of the income.")),
    "INCOME_PROOF_MISSING": _plain(_("An amount this high needs a proof of income.")),
    "NOT_AFFORDABLE": _plain(_("What is left of the income each month does not carry an instalment.")),
    "LIMIT_BELOW_REQUEST": _plain(_("The income carries less than was asked for.")),
    "SCORE_TOO_LOW": _plain(_("The score is below what we lend at.")),
    "SCORE_DOUBTFUL": _plain(_("The score leaves doubt: a person decides.")),
}
FRAUD_REASONS = {
    "WATCHLIST": Reason(_("On the watchlist"), _CANNOT_CONFIRM),
    "DEVICE_SHARED": Reason(_("Other customers applied from the same device"), _CANNOT_CONFIRM),
    "DEVICE_FARM": Reason(_("Very many customers applied from the same device"), _CANNOT_CONFIRM),
    "DEVICE_BUSY": Reason(_("Many applications from one device within a day"), _CANNOT_CONFIRM),
    "MOBILE_BUSY": Reason(_("Many applications from one mobile within a day"), _CANNOT_CONFIRM),
    "CARD_SHARED": Reason(_("Another customer applied with the same bank card"), _CANNOT_CONFIRM),
    "ADDRESS_BUSY": Reason(_("Many applications from one network address within an hour"), _CANNOT_CONFIRM),
    "ID_CARD_DIFFERS": Reason(_("The ID card picture differs from the verified identity"), _PICTURE),
    "ID_CARD_UNREADABLE": Reason(_("The ID card picture could not be read"), _PICTURE),
    "ID_CARD_NOT_READ": Reason(_("The ID card picture has not been read yet"), _PICTURE),
    "ID_CARD_MISSING": Reason(_("There is no ID card picture"), _PICTURE),
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
}

REASONS: dict[str, Reason] = {
    **SCORE_REASONS,
    **RULE_REASONS,
    **FRAUD_REASONS,
    **APPROVAL_REASONS,
    **DECLINE_REASONS,
}


def for_staff(code: str) -> str:
    """The sentence for staff, in the active language; the code itself when it is no longer known."""
    reason = REASONS.get(code)
    return str(reason.for_staff) if reason else code


def for_customer(codes: list[str] | tuple[str, ...]) -> list[str]:
    """The sentences for the customer, in the active language, each once."""
    sentences = [str(REASONS[code].for_customer) for code in codes if code in REASONS]
    return list(dict.fromkeys(sentences))
