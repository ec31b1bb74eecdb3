"""Devices, and what of a customer's traces can be compared with other customers' without being read."""

from dataclasses import dataclass

from accounts.models import Customer, Device, SignIn
from accounts.origin import Origin
from core.crypto import blind_index


@dataclass(frozen=True)
class Footprint:
    """Keyed hashes of where a customer comes from. Empty where unknown; equal values mean the same thing."""

    mobile: str
    device: str
    ip: str
    cards: tuple[str, ...]


def device_of(origin: Origin) -> Device | None:
    """The device behind a request, remembered from now on; None when it gave no fingerprint."""
    if not origin.fingerprint:
        return None
    index = blind_index("device", origin.fingerprint)
    return Device.objects.get_or_create(fingerprint_index=index)[0]


def footprint(customer: Customer) -> Footprint:
    """The traces of the customer's last good sign-in, and of every verified card."""
    good = [SignIn.Outcome.REGISTERED, SignIn.Outcome.SIGNED_IN]
    last = SignIn.objects.filter(user=customer.user, outcome__in=good).select_related("device").order_by("-id").first()
    return Footprint(
        mobile=customer.user.mobile_index or "",
        device=last.device.fingerprint_index if last and last.device else "",
        ip=last.ip_index if last else "",
        cards=tuple(customer.cards.order_by("id").values_list("number_index", flat=True)),
    )
