"""The forms of what the partner sends. A check returns the value or raises Refusal (400) naming the field."""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

from sandbox.exchange import Refusal


def text(body: dict[str, Any], name: str, longest: int = 100) -> str:
    """A text of 1 to `longest` characters."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise invalid(name, f"must be a text of 1 to {longest} characters")
    return value


def serial(body: dict[str, Any]) -> str:
    """The partner's serial number: 1 to 64 letters and digits."""
    return _matching(body, "serial", r"[0-9A-Za-z]{1,64}", "must be 1 to 64 letters and digits")


def amount_fen(body: dict[str, Any], name: str) -> int:
    """A positive amount, written in yuan with two places; returned in fen."""
    rule = "must be a positive amount in yuan with two places"
    fen = int(_matching(body, name, r"[0-9]{1,12}\.[0-9]{2}", rule).replace(".", ""))
    if fen == 0:
        raise invalid(name, rule)
    return fen


def decimal(body: dict[str, Any], name: str) -> Decimal:
    """A decimal number, written as a text."""
    try:
        value = Decimal(text(body, name))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise invalid(name, "must be a decimal number in a text")
    return value


def whole_number(body: dict[str, Any], name: str) -> int:
    """A whole number above zero."""
    value = body.get(name)
    if type(value) is not int or value < 1:
        raise invalid(name, "must be a whole number above zero")
    return value


def card_number(body: dict[str, Any]) -> str:
    """A bank card number: 16 to 19 digits that pass Luhn."""
    rule = "must be 16 to 19 digits with a right check digit"
    value = _matching(body, "card_number", r"[0-9]{16,19}", rule)
    if not luhn.is_valid(value):
        raise invalid("card_number", rule)
    return value


def id_number(body: dict[str, Any]) -> str:
    """A resident ID number: 17 digits with a real birth date, a check character of ISO 7064 MOD 11-2."""
    rule = "must be a resident ID number with a right check character"
    value = _matching(body, "id_number", r"[0-9]{17}[0-9X]", rule)
    try:
        dt.date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise invalid("id_number", rule) from None
    if not mod_11_2.is_valid(value):
        raise invalid("id_number", rule)
    return value


def mobile(body: dict[str, Any], name: str) -> str:
    """A mainland mobile number."""
    return _matching(body, name, r"1[3-9][0-9]{9}", "must be a mobile number")


def address(body: dict[str, Any], name: str) -> str:
    """An HTTP address to call back."""
    return _matching(body, name, r"https?://[!-~]{1,300}", "must be an http or https address")


def invalid(name: str, rule: str) -> Refusal:
    """The refusal of a value; it never repeats the value."""
    return Refusal(400, "INVALID_PARAMETER", f"{name} {rule}.")


def _matching(body: dict[str, Any], name: str, pattern: str, rule: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise invalid(name, rule)
    return value
