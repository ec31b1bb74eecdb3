"""Personal data as people and logs may see it."""

import re
from typing import Any

HIDDEN = "***"

# Longest first: an 18-digit ID number must not be taken for a card.
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\d{6})(\d{8})(\d{3}[\dXx])(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])(\d{6})\d{6,9}(\d{4})(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})(?![0-9A-Za-z])")


def mask_name(name: str) -> str:
    """`张三丰` → `张**`."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


def mask_id_number(id_number: str) -> str:
    """`110101199003078515` → `110***********8515`: region and last four."""
    return id_number[:3] + "*" * 11 + id_number[-4:] if len(id_number) == 18 else HIDDEN


def mask_mobile(mobile: str) -> str:
    """`13812345678` → `138****5678`."""
    return mobile[:3] + "****" + mobile[-4:] if len(mobile) == 11 else HIDDEN


def mask_card(number: str) -> str:
    """`6222020200112233445` → `**** 3445`."""
    return "**** " + number[-4:] if len(number) >= 12 else HIDDEN


def mask_text(text: str) -> str:
    """Free text with every ID number, card number and mobile number in it masked."""
    text = _ID_NUMBER.sub(lambda found: mask_id_number(found[0]), text)
    text = _CARD.sub(lambda found: mask_card(found[0]), text)
    return _MOBILE.sub(lambda found: f"{found[1]}****{found[2]}", text)


_BY_KEY = {
    "name": mask_name,
    "real_name": mask_name,
    "payee_name": mask_name,
    "payer_name": mask_name,
    "user_name": mask_name,
    "id_number": mask_id_number,
    "card_number": mask_card,
    "openid": mask_card,
    "account_number": mask_card,
    "mobile": mask_mobile,
    "reserved_mobile": mask_mobile,
}
_SECRET_KEYS = {
    "password",
    "token",
    "tokens",
    "code_sent",
    "text",
    "authorization",
    "content",
    "fileContent",
    "address",
    "employer",
    "ip",
}


def mask_payload(value: Any, key: str = "") -> Any:
    """A JSON-like structure with personal data masked, by the name of the key and by the look of the value."""
    if isinstance(value, dict):
        return {name: mask_payload(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_payload(item, key) for item in value]
    if not isinstance(value, str):
        return value
    if key in _SECRET_KEYS:
        return HIDDEN
    if key in _BY_KEY:
        return _BY_KEY[key](value)
    return mask_text(value)
