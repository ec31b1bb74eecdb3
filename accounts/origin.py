"""Where a request comes from: channel, device and address, as sign-ins and consents record it."""

from dataclasses import dataclass

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

FINGERPRINT_HEADER = "X-Device-Fingerprint"
FINGERPRINT_COOKIE = "device"


class Channel(models.TextChoices):
    PORTAL = "portal", _("portal")
    API = "api", _("API")


@dataclass(frozen=True)
class Origin:
    """A channel, a network address, the fingerprint that a device gives of itself, or nothing, and what is odd in what
    it reports (accounts.device_signs)."""

    channel: Channel
    ip: str
    fingerprint: str = ""
    signs: tuple[str, ...] = ()


def origin_of(request: HttpRequest, channel: Channel) -> Origin:
    """The origin of an HTTP request, by the peer's address: a proxy in front must set REMOTE_ADDR."""
    fingerprint = request.headers.get(FINGERPRINT_HEADER) or request.COOKIES.get(FINGERPRINT_COOKIE, "")
    return Origin(channel, request.META.get("REMOTE_ADDR", ""), fingerprint[:200])
