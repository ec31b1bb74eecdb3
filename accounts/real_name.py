"""A person's name as it stands on the ID card."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from core.problems import Problem

# Chinese characters, and the middle dot inside the names of some peoples.
_NAME = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+(·[\u3400-\u9fff\U00020000-\U0003134f]+)*")
_DOTS = str.maketrans({"•": "·", "・": "·", "．": "·", ".": "·"})


def clean_name(text: str) -> str:
    """The name without spaces, with the one middle dot. Raises Problem `name_invalid`."""
    name = "".join(text.split()).translate(_DOTS)
    name = unicodedata.normalize("NFC", name)
    if not (2 <= len(name) <= 30 and _NAME.fullmatch(name)):
        raise Problem("name_invalid", _("Enter your name in Chinese characters, as on your ID card."), field="name")
    return name
