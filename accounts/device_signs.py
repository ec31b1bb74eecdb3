"""What is odd about a sign-in: a device that only pretends to be one, a journey nobody can have made.

The signs are reason codes of risk, which decides what each does. A sign-in from a device new to a customer and from too
far away must be proven by more than the SMS code.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from accounts import places
from accounts.models import Customer, Device, SignIn

EMULATED, AUTOMATED, TRAVEL = "DEVICE_EMULATED", "DEVICE_AUTOMATED", "TRAVEL_IMPOSSIBLE"
GOOD = (SignIn.Outcome.REGISTERED, SignIn.Outcome.SIGNED_IN)
# How a telephone's page is drawn when the telephone is a program.
DRAWN_BY = ("swiftshader", "llvmpipe", "virtualbox", "vmware", "parallels", "emulator", "genymotion", "bluestacks")
DESKTOPS = ("win", "mac")
TELEPHONES = ("android", "iphone")
# Faster than an airliner, and too far for a network address that is placed a little wrong.
FASTEST, NEAREST = 1000.0, 300.0  # km/h, km


def of_report(report: Mapping[str, Any], *, agent: str) -> tuple[str, ...]:
    """The signs in what a device says of itself (static/portal/device.js, or the client of a partner).

    `agent` is the User-Agent header. Whatever is missing, or is not what it should be, is no sign.
    """
    drawn, platform = str(report.get("renderer", "")).lower(), str(report.get("platform", "")).lower()
    telephone = any(name in agent.lower() for name in TELEPHONES)
    pretended = telephone and (any(word in drawn for word in DRAWN_BY) or platform.startswith(DESKTOPS))
    emulated = report.get("emulator") is True or pretended
    signs = {EMULATED: emulated, AUTOMATED: report.get("automated") is True}
    return tuple(code for code, found in signs.items() if found)


def of_report_text(text: str, *, agent: str) -> tuple[str, ...]:
    """The same of a report as JSON text; what cannot be read says nothing."""
    try:
        report = json.loads(text)
    except ValueError:
        return ()
    return of_report(report, agent=agent) if isinstance(report, dict) else ()


def of_journey(customer: Customer, place: places.Place | None, now: dt.datetime) -> tuple[str, ...]:
    """Whether the customer cannot have come here since the last good sign-in whose place is known."""
    signed_in = SignIn.objects.filter(user=customer.user, outcome__in=GOOD).exclude(place="")
    last = signed_in.order_by("-id").first()
    before = places.named(last.place) if last else None
    if not (last and before and place):
        return ()
    hours = (now - last.at).total_seconds() / 3600
    kilometres = before.distance_to(place)
    return (TRAVEL,) if kilometres > max(NEAREST, FASTEST * hours) else ()


def needs_proof(customer: Customer, device: Device | None, signs: tuple[str, ...]) -> bool:
    """Whether the SMS code does not do: a verified customer on an impossible journey, with a device not used before."""
    if TRAVEL not in signs or not customer.is_verified:
        return False
    return not SignIn.objects.filter(user=customer.user, outcome__in=GOOD, device=device).exclude(device=None).exists()
