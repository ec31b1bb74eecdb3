"""Reading a request field by field: each value in its type, or a refusal that names the field and says what to do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from core.problems import Problem

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,60})?")
EARLIEST, LATEST = date(1900, 1, 1), date(2300, 1, 1)
MOST_ITEMS = 2400
HIGHEST_RATE = Decimal(10)

Choice = TypeVar("Choice", bound=StrEnum)


class Asked:
    """The fields of one JSON object, read by name; `path` is where it lies in the request.

    Every reader raises Problem, with the path of the field, for a value that is missing or cannot be meant.
    """

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, Mapping):
            raise Problem("not_an_object", _("Give an object with named fields here."), field=path or None)
        self.values = values
        self.path = path
        self.read = {"kind", "id"}

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, code: str, message: str) -> Problem:
        """The refusal of one field; for the caller to raise."""
        return Problem(code, message, field=self.at(name))

    def has(self, name: str) -> bool:
        """Whether a field is given; null counts as not given."""
        self.read.add(name)
        return self.values.get(name) is not None

    def value(self, name: str) -> Any:
        """A field as it came; it must be there."""
        if not self.has(name):
            raise self.refuse(name, "required", _("This field is required."))
        return self.values[name]

    def one_of(self, *names: str) -> str:
        """The one of several fields that is given."""
        given = [name for name in names if self.has(name)]
        listed = ", ".join(names)
        if not given:
            raise self.refuse(names[0], "required", _("Give one of: %(fields)s.") % {"fields": listed})
        if len(given) > 1:
            raise self.refuse(given[1], "conflicting", _("Give only one of: %(fields)s.") % {"fields": listed})
        return given[0]

    def number(self, name: str) -> Decimal:
        """A decimal number, written as a string so that no digit is lost on the way."""
        return self.as_number(self.value(name), name)

    def as_number(self, text: object, name: str) -> Decimal:
        """`text` as a decimal number; `name` is where it stood."""
        if not isinstance(text, str) or not NUMBER.fullmatch(text):
            message = _(
                'Write a decimal number as a string, such as "1234.56", with at most 15 digits before the point.'
            )
            raise self.refuse(name, "not_a_number", message)
        return Decimal(text)

    def amount(self, name: str, *, least: Decimal | None = None) -> Decimal:
        """An amount in yuan: more than zero, or at least `least`."""
        return self.as_amount(self.value(name), name, least=least)

    def as_amount(self, text: object, name: str, *, least: Decimal | None = None) -> Decimal:
        """`text` as an amount in yuan; `name` is where it stood."""
        amount = self.as_number(text, name)
        if least is None and amount <= 0:
            raise self.refuse(name, "not_positive", _("The amount must be more than zero."))
        if least is not None and amount < least:
            raise self.refuse(name, "too_small", _("This must be at least %(least)s.") % {"least": least})
        return amount

    def rate(self, name: str) -> Decimal:
        """A rate as a fraction, zero or more."""
        rate = self.number(name)
        if rate < 0:
            raise self.refuse(name, "negative_rate", _("A rate cannot be negative."))
        if rate > HIGHEST_RATE:
            raise self.refuse(name, "rate_too_high", _("A rate is a fraction: write 14.6 percent as 0.146."))
        return rate

    def whole(self, name: str, *, least: int = 0, most: int = MOST_ITEMS, default: int | None = None) -> int:
        """A whole number from `least` to `most`."""
        if default is not None and not self.has(name):
            return default
        number = self.value(name)
        if isinstance(number, str) and re.fullmatch(r"\d{1,6}", number):
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            message = _("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
            raise self.refuse(name, "not_a_whole_number", message)
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """true or false."""
        if not self.has(name):
            return default
        flag = self.value(name)
        if not isinstance(flag, bool):
            raise self.refuse(name, "not_true_or_false", _("Give true or false."))
        return flag

    def day(self, name: str) -> date:
        """An ISO date."""
        return self.as_day(self.value(name), name)

    def as_day(self, text: object, name: str) -> date:
        """`text` as a date; `name` is where it stood."""
        try:
            if not isinstance(text, str) or len(text) != len("2026-01-20"):
                raise ValueError
            day = date.fromisoformat(text)
        except ValueError:
            message = _("Write a date that exists as year-month-day, such as 2026-01-20.")
            raise self.refuse(name, "not_a_date", message) from None
        if not EARLIEST <= day < LATEST:
            raise self.refuse(name, "date_out_of_range", _("The year must lie from 1900 to 2299."))
        return day

    def text(self, name: str) -> str:
        """Words."""
        text = self.value(name)
        if not isinstance(text, str):
            raise self.refuse(name, "not_text", _("Give a text here."))
        return text

    def choice(self, name: str, among: type[Choice], default: Choice | None = None) -> Choice:
        """One of the values of an enumeration."""
        if default is not None and not self.has(name):
            return default
        return self.as_choice(self.value(name), name, among)

    def as_choice(self, text: object, name: str, among: type[Choice]) -> Choice:
        """`text` as one of the values of `among`; `name` is where it stood."""
        found = next((member for member in among if member.value == text), None)
        if found is None:
            listed = ", ".join(member.value for member in among)
            raise self.refuse(name, "unknown_choice", _("Choose one of: %(choices)s.") % {"choices": listed})
        return found

    def items(self, name: str, *, needed: bool = False) -> list[Any]:
        """A list as it came; empty where it is not given, unless it is `needed`."""
        if not needed and not self.has(name):
            return []
        found = self.value(name)
        if not isinstance(found, list) or (needed and not found):
            raise self.refuse(name, "not_a_list", _("Give a list with at least one item here."))
        if len(found) > MOST_ITEMS:
            raise self.refuse(name, "too_many", _("Give at most %(most)s items.") % {"most": MOST_ITEMS})
        return found

    def objects(self, name: str, *, needed: bool = False) -> list["Asked"]:
        """A list of objects."""
        listed = self.items(name, needed=needed)
        return [Asked(item, f"{self.at(name)}[{index}]") for index, item in enumerate(listed)]

    def numbers(self, name: str, *, needed: bool = False) -> list[Decimal]:
        """A list of decimal numbers."""
        return [self.as_number(text, field) for field, text in enumerate_as(name, self.items(name, needed=needed))]

    def object(self, name: str) -> "Asked":
        """An object inside this one."""
        return Asked(self.value(name), self.at(name))

    def nothing_else(self, known: frozenset[str] = frozenset()) -> None:
        """Refuse a field that nobody read and that is not `known`: it may be a misspelt convention."""
        for name in self.values:
            if name not in self.read and name not in known:
                raise self.refuse(str(name), "unknown_field", _("This field is not known here; check its name."))


def enumerate_as(name: str, listed: list[Any]) -> Iterator[tuple[str, Any]]:
    """The items of a list under the names `name[0]`, `name[1]` …"""
    return ((f"{name}[{index}]", item) for index, item in enumerate(listed))


@contextmanager
def refused_as(field: str, code: str, message: str) -> Iterator[None]:
    """Turn a ValueError or an OverflowError of the arithmetic inside into the refusal of one field."""
    try:
        yield
    except (ValueError, OverflowError):
        raise Problem(code, message, field=field) from None
