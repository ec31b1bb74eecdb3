"""What opens a day's bill to whoever was told its address."""

import datetime as dt
import hmac

from sandbox.world import World


def ticket(world: World, code: str, day: dt.date) -> str:
    """The ticket to the bill that the institution `code` made of `day`."""
    return f"{day.isoformat()}-{_proof(world, code, day)}"


def day_of(world: World, code: str, given: str) -> dt.date | None:
    """The day whose bill a ticket opens; None for what is no ticket."""
    try:
        day = dt.date.fromisoformat(given[:10])
    except ValueError:
        return None
    return day if hmac.compare_digest(given[11:].encode(), _proof(world, code, day).encode()) else None


def _proof(world: World, code: str, day: dt.date) -> str:
    secret = str(world.keys[code].private_numbers().d).encode()
    return hmac.new(secret, day.isoformat().encode(), "sha256").hexdigest()[:32]
