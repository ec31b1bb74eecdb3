"""An applicant's facts, gathered from what accounts know and what the applicant declares."""

import datetime as dt
import re
import unicodedata
from dataclasses import asdict
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts import devices, documents
from accounts.models import Customer, Document
from core import clock
from core.crypto import blind_index
from core.problems import Problem
from risk.facts import Applicant, Declared, TraceKind, Whereabouts

HOUR = dt.timedelta(hours=1)
NOWHERE = Whereabouts()


def gather(
    *, customer: Customer, declared: Declared, exposure: Decimal, whereabouts: Whereabouts = NOWHERE
) -> Applicant:
    """The facts of a verified customer who already owes us, or has held, `exposure` yuan.

    Raises Problem `identity_unverified` (409).
    """
    if not customer.is_verified:
        raise Problem("identity_unverified", _("Verify your identity first."), status=409)
    footprint = devices.footprint(customer)
    papers = documents.newest(customer)
    card, proof = papers.get(Document.Kind.ID_CARD), papers.get(Document.Kind.INCOME_PROOF)
    return Applicant(
        customer_serial=customer.serial,
        age=customer.age_on(clock.today()),
        exposure=exposure,
        id_card_check=card.status if card else "missing",
        income_proof=proof is not None,
        income_proof_check=proof.status if proof else "",
        proven_income=documents.proven_income(proof),
        device_age_hours=_hours_since(footprint.device_first_seen_at),
        device_signs=footprint.signs,
        traces=_traces(customer, footprint) + _told(whereabouts),
        **asdict(declared),
    )


def _traces(customer: Customer, footprint: devices.Footprint) -> tuple[tuple[str, str], ...]:
    found = [
        (TraceKind.ID_NUMBER, customer.id_number_index),
        (TraceKind.MOBILE, footprint.mobile),
        (TraceKind.DEVICE, footprint.device),
        (TraceKind.IP, footprint.ip),
        *((TraceKind.CARD, card) for card in footprint.cards),
        *((TraceKind.PICTURE, picture) for picture in footprint.pictures),
    ]
    return tuple((str(kind), index) for kind, index in found if index)


def _told(whereabouts: Whereabouts) -> tuple[tuple[str, str], ...]:
    """Traces of what was told, the same however it was written."""
    told = {
        TraceKind.ADDRESS: whereabouts.home_address,
        TraceKind.EMPLOYER: whereabouts.employer,
        TraceKind.CONTACT: whereabouts.contact_mobile,
    }
    plain = {kind: re.sub(r"\W", "", unicodedata.normalize("NFKC", text)) for kind, text in told.items()}
    return tuple((str(kind), blind_index(kind.purpose, text)) for kind, text in plain.items() if text)


def _hours_since(moment: dt.datetime | None) -> int | None:
    return (clock.real_now() - moment) // HOUR if moment else None
