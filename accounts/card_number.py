"""Bank card numbers: 16 to 19 digits, Luhn's check digit, and a BIN that tells bank and kind."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from core.problems import Problem

BIN_LENGTH = 6


class CardKind(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True)
class Issuer:
    """Who issued a card, and of what kind."""

    bank: str
    kind: CardKind


# Code of the bank → its name, its debit BINs, its credit BINs. From the banks' own published card products.
BANKS: dict[str, tuple[Promise | str, str, str]] = {
    "ICBC": (
        _("Industrial and Commercial Bank of China"),
        "622202 622203 622208 621225 621226 620058",
        "622230 622235 622210 427020 427030 530990",
    ),
    "ABC": (_("Agricultural Bank of China"), "622848 622845 622846 622849", "622836 622837 403361 519412"),
    "BOC": (_("Bank of China"), "621660 621661 621663 456351 601382", "622750 622752 409666"),
    "CCB": (_("China Construction Bank"), "622700 621700 436742 621284", "622166 622168 436718 436738"),
    "COMM": (_("Bank of Communications"), "622260 622262 622261", "622252 622253 458123"),
    "PSBC": (_("Postal Savings Bank of China"), "622188 621799 621098 622150", "622810 622811"),
    "CMB": (_("China Merchants Bank"), "622588 621483 622580 621485", "622575 622576 622581 439225"),
    "CITIC": (_("China CITIC Bank"), "622690 622691 622698", "622680 622688 376968"),
    "CEB": (_("China Everbright Bank"), "622660 622662 622666", "622650 622655 622658"),
    "CMBC": (_("China Minsheng Bank"), "622615 622617 622622", "622600 622601 622602"),
    "CIB": (_("Industrial Bank"), "622908 622909", "622901 622902 451289"),
    "SPDB": (_("Shanghai Pudong Development Bank"), "622521 622522 622523", "622276 622277 404738"),
    "PAB": (_("Ping An Bank"), "622298 622986 622989", "622155 622156 622157"),
    "HXB": (_("Hua Xia Bank"), "622630 622631 622632", "622636 622637 528708"),
}


def _issuers() -> dict[str, Issuer]:
    table = {}
    for bank, (_name, debit, credit) in BANKS.items():
        table.update({number: Issuer(bank, CardKind.DEBIT) for number in debit.split()})
        table.update({number: Issuer(bank, CardKind.CREDIT) for number in credit.split()})
    return table


ISSUERS = _issuers()


def clean_card_number(text: str) -> str:
    """The card number as plain digits. Raises Problem `card_number_invalid` (length, digits or Luhn)."""
    number = unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "")
    if not (16 <= len(number) <= 19 and number.isascii() and number.isdigit() and luhn.is_valid(number)):
        message = _("This card number is not right. Check the digits on the front of your card.")
        raise Problem("card_number_invalid", message, field="card_number")
    return number


def debit_card_issuer(number: str) -> Issuer:
    """Who issued a clean card number. Raises Problem for a credit card and for a bank that we do not know."""
    issuer = ISSUERS.get(number[:BIN_LENGTH])
    if issuer is None:
        message = _("We cannot pay to this bank's cards yet. Use a debit card of another bank.")
        raise Problem("card_not_supported", message, field="card_number")
    if issuer.kind is not CardKind.DEBIT:
        message = _("This is a credit card. A loan can be paid only to a debit card.")
        raise Problem("card_is_credit", message, field="card_number")
    return issuer


def bank_name(code: str) -> str:
    """The bank's name in the active language."""
    return str(BANKS[code][0]) if code in BANKS else code
