"""Mobile numbers of the mainland: eleven digits, the first two of them 13 to 19."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from core.problems import Problem

_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def clean_mobile(text: str, *, field: str = "mobile") -> str:
    """The mobile number as eleven digits, without +86. Raises Problem `mobile_invalid` naming `field`."""
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    if not _MOBILE.fullmatch(number):
        raise Problem("mobile_invalid", _("This is not a mobile number. Enter its 11 digits."), field=field)
    return number
