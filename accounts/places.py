"""Where a network address is, roughly: enough to see that nobody can have travelled so fast.

The table that comes with the platform is simulated: networks that are reserved for documentation and belong to nobody.
settings.PLACES_FILE names a bought one of the same form (network, place, latitude, longitude).
"""

import csv
import functools
import ipaddress
import math
from dataclasses import dataclass

from django.conf import settings

EARTH_RADIUS = 6371.0  # km

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Place:
    """A town, in degrees north and east."""

    name: str
    latitude: float
    longitude: float

    def distance_to(self, other: "Place") -> float:
        """Kilometres along the great circle (haversine formula)."""
        north, north_other = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = math.sin((north_other - north) / 2) ** 2
        half += math.cos(north) * math.cos(north_other) * math.sin(east / 2) ** 2
        return 2 * EARTH_RADIUS * math.asin(math.sqrt(half))


def of(ip: str) -> Place | None:
    """The place of a network address, or None where the table does not tell."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    return next((place for network, place in _table(str(settings.PLACES_FILE)) if address in network), None)


def named(name: str) -> Place | None:
    """The place of this name."""
    return next((place for _network, place in _table(str(settings.PLACES_FILE)) if place.name == name), None)


@functools.cache
def _table(path: str) -> tuple[tuple[Network, Place], ...]:
    with open(path, newline="", encoding="utf-8") as file:
        return tuple(
            (
                ipaddress.ip_network(row["network"]),
                Place(row["place"], float(row["latitude"]), float(row["longitude"])),
            )
            for row in csv.DictReader(file)
        )
