"""Verified customers made for the benchmarks by the models themselves, each with a device, an address and a card of
their own; and what such people declare, drawn at random as varied as real ones."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from stdnum import luhn
from stdnum.cn import ric

from accounts import consents, customers, devices, tokens
from accounts.models import BankCard, Customer, Document, IdentityCheck, Purpose, SignIn
from accounts.origin import Channel, Origin
from core import clock
from core.serials import Serial, next_serial
from risk.facts import Applicant, CreditRequest, Declared, Inputs, TraceKind

TERMS = (6, 12, 24)
# Somebody whom the machine approves by itself.
STEADY = Declared("fixed", 6, "rent", Decimal("12000.00"), Decimal("3000.00"), Decimal("0.00"))
BY = "system:benchmark"
HIGHEST_INCOME = 25_000


def verified(number: int) -> Customer:
    """The customer of this number (below 10 million): identity, consents, papers and a card."""
    origin = Origin(Channel.API, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", f"device {number}")
    with transaction.atomic():
        customer = customers.register(mobile=f"138{number:08d}", language="en")
        born = dt.date(1975, 1, 1) + dt.timedelta(days=number // 1000)
        body = f"110101{born:%Y%m%d}{number % 1000:03d}"
        customer.name, customer.id_number = "林晓月", body + ric.calc_check_digit(body + "0")
        customer.verified_at = clock.now()
        customer.save()
        SignIn.objects.create(
            user=customer.user,
            mobile_index=customer.user.mobile_index or "",
            device=devices.device_of(origin),
            ip=origin.ip,
            channel=origin.channel,
            outcome=SignIn.Outcome.SIGNED_IN,
        )
        _card(customer, number)
        for kind in Document.Kind.values:
            _document(customer, kind)
    # No exchange of lenders runs beside a benchmark.
    texts = consents.current_texts().exclude(purpose=Purpose.LENDER_SHARING).values_list("pk", flat=True)
    consents.give(customer=customer, text_ids=texts, origin=origin)
    return customer


def token_of(customer: Customer) -> str:
    """What the customer's telephone signs its requests with."""
    return tokens.issue(user=customer.user)[0]


def declared(chance: random.Random) -> Declared:
    """What one of them says of work, home and budget."""
    income = Decimal(chance.randrange(4_000, HIGHEST_INCOME, 100))
    return Declared(
        employment=chance.choice(["fixed"] * 5 + ["freelance"] * 2 + ["part_time"]),
        employment_years=chance.randrange(0, 25),
        housing=chance.choice(["owner", "rent", "parents", "other"]),
        monthly_income=income,
        monthly_expenses=(income * chance.randrange(20, 70) / 100).quantize(Decimal("0.01")),
        monthly_debt=Decimal(chance.choice([0, 0, 0, 500, 1_000])),
    )


def wish(chance: random.Random) -> dict[str, Any]:
    """How much one of them asks for, and for what."""
    amount, term = Decimal(chance.randrange(1_000, 60_000, 500)), chance.choice(TERMS)
    return {"amount": amount, "term_months": term, "purpose": "appliances"}


def request(reference: str, wished: dict[str, Any]) -> CreditRequest:
    """A wish, as risk is asked by somebody to whom nothing is announced."""
    return CreditRequest(
        subject="benchmark",
        reference=reference,
        minimum_rate=Decimal("0.0720"),
        maximum_rate=Decimal("0.2160"),
        maximum_amount=Decimal("200000.00"),
        **wished,
    )


def inputs(number: int, chance: random.Random) -> Inputs:
    """All that a decision depends on, without a database."""
    person = Applicant(
        customer_serial=f"C{number}",
        age=chance.randrange(18, 65),
        exposure=Decimal("0.00"),
        id_card_check="agrees",
        income_proof=True,
        device_age_hours=chance.choice([1, 100, 1000]),
        traces=tuple((str(kind), f"{number:064d}") for kind in TraceKind),
        **vars(declared(chance)),
    )
    return Inputs(person, request(f"A{number}", wish(chance)), clock.real_now().date(), (), {})


def _card(customer: Customer, number: int) -> None:
    body = f"622202{number:012d}"
    digits = body + luhn.calc_check_digit(body)
    check = IdentityCheck(
        customer=customer,
        serial=next_serial(Serial.IDENTITY_CHECK),
        name=customer.name,
        id_number=customer.id_number,
        card_number=digits,
        reserved_mobile=customer.mobile,
    )
    check.save()
    check.agree(by=BY, why="benchmark", authority_serial="")
    BankCard.objects.create(
        customer=customer,
        number=digits,
        reserved_mobile=customer.mobile,
        bin=digits[:6],
        bank="ICBC",
        last_four=digits[-4:],
        identity_check=check,
    )


def _document(customer: Customer, kind: str) -> None:
    document = Document(
        customer=customer,
        serial=next_serial(Serial.DOCUMENT),
        kind=kind,
        content_type="image/jpeg",
        size=4,
        sha256=f"{customer.pk:064d}",
    )
    document.file.save(document.serial, ContentFile(b"none"), save=False)
    document.save()
    if kind == Document.Kind.ID_CARD:
        document.find_agreeing(by=BY, why="benchmark")
    else:
        document.find_income(by=BY, why="benchmark", income=Decimal(HIGHEST_INCOME))
