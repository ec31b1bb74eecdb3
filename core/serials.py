"""Serial numbers: business date, two letters for the kind, nine digits of one sequence, a check character (20 in all).

The letters keep a serial number from ever looking like a bank card, an ID number or a mobile, so masks leave it alone.
"""

from enum import StrEnum

from django.db import connection
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from core import clock

SERIAL_LENGTH = 20


class Serial(StrEnum):
    """What a serial number is the number of."""

    CUSTOMER = "CU"
    IDENTITY_CHECK = "ID"
    DOCUMENT = "DO"
    APPLICATION = "AP"
    DECISION = "DC"
    REVIEW = "RC"
    CREDIT_LINE = "CL"
    CONTRACT = "CT"
    LOAN = "LN"
    PARTICIPATION = "FP"
    REPAYMENT = "RP"
    LOAN_CHANGE = "LC"
    DAY_FILES = "DF"
    ORDER = "PO"
    AGREEMENT = "AG"
    TRANSFER = "TR"
    STATEMENT = "SF"
    SETTLEMENT = "ST"
    MESSAGE = "MS"
    CASE = "CS"
    QUALITY_SAMPLE = "QS"
    HELP_OFFER = "HO"
    PARTNER_SETTLEMENT = "PS"
    SHARING_QUERY = "SQ"
    ALERT = "AL"


def next_serial(kind: Serial) -> str:
    """A new serial number of this kind, unique for ever, e.g. `20261123LN0000000018`."""
    (serial,) = next_serials(kind, 1)
    return serial


def next_serials(kind: Serial, count: int) -> list[str]:
    """So many of them, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('core_serial') FROM generate_series(1, %s)", [count])
        numbers = [number for (number,) in cursor.fetchall()]
    day = f"{clock.today():%Y%m%d}"
    bodies = [f"{day}{kind}{number % 10**9:09d}" for number in numbers]
    return [body + mod_37_36.calc_check_digit(body) for body in bodies]


def is_valid_serial(text: str) -> bool:
    """Whether `text` has the form of a serial number and its check character is right."""
    try:
        mod_37_36.validate(text)
    except ValidationError:
        return False
    return len(text) == SERIAL_LENGTH and text[8:10] in set(Serial)
