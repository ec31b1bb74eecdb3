"""Devices, and what of a customer's traces can be compared with other customers' without being read."""

import datetime as dt
import ipaddress
from dataclasses import dataclass

from accounts.models import Customer, Device, PicturePrint, SignIn
from accounts.origin import Origin
from core.crypto import blind_index


@dataclass(frozen=True)
class Footprint:
    """Keyed hashes of where a customer comes from. Empty where unknown; equal values mean the same thing. Of the
    device also when it was first seen, real time."""

    mobile: str
    device: str
    device_first_seen_at: dt.datetime | None
    ip: str
    cards: tuple[str, ...]
    pictures: tuple[str, ...]  # of ID cards; of the same picture the same
    signs: tuple[str, ...]  # what was odd about that sign-in (accounts.device_signs)


def device_of(origin: Origin) -> Device | None:
    """The device behind a request, remembered from now on; None when it gave no fingerprint."""
    if not origin.fingerprint:
        return None
    index = blind_index("device", origin.fingerprint)
    return Device.objects.get_or_create(fingerprint_index=index)[0]


def footprint(customer: Customer) -> Footprint:
    """The traces of the customer's last good sign-in, and of every verified card and ID card picture."""
    good = [SignIn.Outcome.REGISTERED, SignIn.Outcome.SIGNED_IN]
    last = SignIn.objects.filter(user=customer.user, outcome__in=good).select_related("device").order_by("-id").first()
    device = last.device if last else None
    pictures = PicturePrint.objects.filter(document__customer=customer)
    return Footprint(
        mobile=customer.user.mobile_index or "",
        device=device.fingerprint_index if device else "",
        device_first_seen_at=device.first_seen_at if device else None,
        ip=last.ip_index if last and _is_public(last.ip) else "",
        cards=tuple(customer.cards.order_by("id").values_list("number_index", flat=True)),
        pictures=tuple(sorted(set(pictures.values_list("likeness", flat=True)))),
        signs=tuple(last.signs) if last else (),
    )


def _is_public(address: str) -> bool:
    """Whether it is an address of the internet: one of our own network, or of this machine, tells of nobody."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
