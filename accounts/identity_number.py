"""The ID number of a mainland resident (GB 11643): 17 digits, a check character, the birth date inside.

Only its form is judged here. Whether the number belongs to the person is the identity authority's to say.
"""

import datetime as dt
import unicodedata

from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from core.problems import Problem

ID_NUMBER_LENGTH = 18
EARLIEST_BIRTH = dt.date(1900, 1, 1)
ADULT_AGE = 18


def clean_id_number(text: str, *, on: dt.date) -> str:
    """The ID number in its one written form (half-width, upper-case X).

    `on` is the business date; a birth date after it is wrong. Raises Problem `id_number_invalid`.
    """
    number = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if not has_check_digit(number):
        raise _invalid(_("This ID number is not right. Check its 18 characters against your ID card."))
    if not EARLIEST_BIRTH <= birth_date(number) <= on:
        raise _invalid(_("The birth date in this ID number is not possible. Check it against your ID card."))
    return number


def has_check_digit(number: str) -> bool:
    """Whether `number` has 18 characters, a calendar date and its check character (ISO 7064 MOD 11-2)."""
    if len(number) != ID_NUMBER_LENGTH or not (number.isascii() and number[:-1].isdigit()):
        return False
    try:
        birth_date(number)
    except ValidationError:
        return False
    return bool(number[-1] == ric.calc_check_digit(number))


def birth_date(number: str) -> dt.date:
    """The birth date in an ID number. Raises stdnum's InvalidComponent when it is no date."""
    return ric.get_birth_date(number)


def age_on(number: str, date: dt.date) -> int:
    """Whole years of age on `date`. Someone born on 29 February comes of age on 1 March in other years."""
    born = birth_date(number)
    return date.year - born.year - ((date.month, date.day) < (born.month, born.day))


def require_adult(number: str, *, on: dt.date) -> None:
    """Raises Problem `under_age` for someone younger than 18 on the business date `on`."""
    if age_on(number, on) < ADULT_AGE:
        raise Problem("under_age", _("You must be 18 or older to borrow."), field="id_number")


def _invalid(message: object) -> Problem:
    return Problem("id_number_invalid", message, field="id_number")  # type: ignore[arg-type]
