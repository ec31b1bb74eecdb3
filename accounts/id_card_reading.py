"""Reads the picture of an ID card and compares it with the verified identity.

Runs in a worker, never in the web process.
What is read stays in memory: only the verdict is kept.
"""

import re

from django.db import transaction

from accounts import messages
from accounts.identity_number import has_check_digit
from accounts.models import Customer, Document
from accounts.picture_reading import SURE, Line, read_lines
from core import actors

READER = actors.system("id card reader")
_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_NAME = re.compile(r"姓名[:：]?([\u3400-\u9fff·]{2,})")


def read_id_card(serial: str) -> None:
    """Work handler: read document `serial`, once its customer is verified. Again changes nothing."""
    document = Document.objects.select_related("customer__user").get(serial=serial)
    customer = document.customer
    if document.status != Document.Status.STORED or not customer.is_verified:
        return
    verdict = compare(read_lines(document.file.open().read()), name=customer.name, id_number=customer.id_number)
    with transaction.atomic(durable=True):
        _record(document, customer, verdict)


def compare(lines: list[Line], *, name: str, id_number: str) -> Document.Status:
    """What the lines of a picture say of an identity: UNREADABLE when no whole ID number is in them."""
    numbers = {number for line in lines for number in _numbers_in(line.text)}
    if not numbers:
        return Document.Status.UNREADABLE
    if id_number not in numbers:
        return Document.Status.DIFFERS
    names = {name_read for line in lines if (name_read := _name_in(line))}
    return Document.Status.DIFFERS if names and name not in names else Document.Status.AGREES


def _numbers_in(text: str) -> set[str]:
    joined = re.sub(r"\s", "", text)
    return {number.upper() for number in _NUMBER.findall(joined) if has_check_digit(number.upper())}


def _name_in(line: Line) -> str:
    found = _NAME.search(re.sub(r"\s", "", line.text))
    return found[1] if found and line.confidence >= SURE else ""


def _record(document: Document, customer: Customer, verdict: Document.Status) -> None:
    if verdict == Document.Status.AGREES:
        document.find_agreeing(by=READER, why="the ID number in the picture is the verified one")
    elif verdict == Document.Status.DIFFERS:
        document.find_differing(by=READER, why="the picture shows another ID number or name")
    else:
        document.find_unreadable(by=READER, why="no whole ID number could be read")
        messages.send(customer, "id_card_unreadable", key=f"unreadable {document.serial}")
