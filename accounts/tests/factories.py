"""A cast of people, and customers brought to a state by the use cases, as a person would."""

import datetime as dt
import io
import itertools
import re
import secrets
from dataclasses import dataclass, field
from decimal import Decimal

import httpx
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw, ImageFont
from stdnum import luhn
from stdnum.cn import ric

from accounts import consents, documents, identity, signin
from accounts.income_proof_reading import READER
from accounts.models import Customer, Document
from accounts.origin import Channel, Origin

# The sandbox remembers people for as long as it runs: numbers start anywhere, so that two runs do not meet.
_numbers = itertools.count(secrets.randbelow(10**7))
HOME = Origin(Channel.API, "127.0.0.1", "test device")


def id_number(*, born: dt.date = dt.date(1990, 3, 7)) -> str:
    """A valid ID number that no other call gives, unless many people are born on one day."""
    body = f"110101{born:%Y%m%d}{next(_numbers) % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def card_number(*, bin: str = "622202") -> str:
    """A valid card number of 19 digits that no other call gives."""
    body = f"{bin}{next(_numbers):012d}"
    return body + luhn.calc_check_digit(body)


def mobile() -> str:
    """A mobile number that no other call gives."""
    return f"139{next(_numbers) % 10**8:08d}"


def any_birthday() -> dt.date:
    """A birth date of an adult, spread so that ID numbers do not collide."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=next(_numbers) % 10_000)


@dataclass(frozen=True)
class Person:
    """What somebody is and has."""

    name: str = "林晓月"
    id_number: str = field(default_factory=lambda: id_number(born=any_birthday()))
    card_number: str = field(default_factory=card_number)
    reserved_mobile: str = field(default_factory=mobile)

    @property
    def elements(self) -> dict[str, str]:
        """The four elements, as the identity check takes them."""
        return {
            "name": self.name,
            "id_number": self.id_number,
            "card_number": self.card_number,
            "reserved_mobile": self.reserved_mobile,
        }


def last_sms(number: str) -> str:
    """The newest text that the sandbox's gateway took for a mobile."""
    url = f"{settings.INSTITUTIONS['sms']['url']}/books/sms"
    return httpx.get(url, params={"mobile": number}, trust_env=False, verify=False).json()["messages"][0]["text"]


def last_code(number: str) -> str:
    """The code in the newest text to a mobile."""
    return re.findall(r"\d{6}", last_sms(number))[0]


def registered_customer(number: str | None = None) -> Customer:
    """A customer who has just signed in for the first time."""
    number = number or mobile()
    signin.send_code(mobile=number, origin=HOME)
    return signin.verify_code(mobile=number, code=last_code(number), origin=HOME).customer


def consenting_customer() -> Customer:
    """A customer who has agreed to every text."""
    customer = registered_customer()
    texts = list(consents.current_texts().values_list("pk", flat=True))
    consents.give(customer=customer, text_ids=texts, origin=HOME)
    return customer


def verified_customer(person: Person | None = None) -> Customer:
    """A customer whom the identity authority has agreed to."""
    customer = consenting_customer()
    identity.verify(customer=customer, **(person or Person()).elements)
    customer.refresh_from_db()
    return customer


def picture(*lines: str, format: str = "JPEG", size: tuple[int, int] = (1000, 640)) -> bytes:
    """A picture with lines of text (Latin letters and digits)."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=44)
    for row, line in enumerate(lines):
        draw.text((60, 80 + 90 * row), line, fill="black", font=font)
    stream = io.BytesIO()
    image.save(stream, format=format)
    return stream.getvalue()


def upload(content: bytes, name: str = "picture.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def income_proof_of(customer: Customer, *, income: str = "12000.00") -> Document:
    """The customer's payslip, stored, and `income` yuan found in it (unread, for speed)."""
    document = documents.store(customer=customer, kind="income_proof", upload=upload(picture(f"NET PAY {income}")))
    with transaction.atomic():
        document.find_income(by=READER, why="a month's income was read", income=Decimal(income))
    return document


def id_card_of(customer: Customer, *, shown: str | None = None) -> Document:
    """The picture of the customer's ID card, stored; `shown` puts another ID number on it."""
    content = picture("ID CARD", shown or customer.id_number)
    return documents.store(customer=customer, kind="id_card", upload=upload(content))
