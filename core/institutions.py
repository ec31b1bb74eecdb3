"""The institutions outside, as configured: where each is reached and how its signature is known."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Institution:
    """One institution: its code in our records, its base address, and the file of its public key."""

    code: str
    url: str
    public_key_file: Path


def institution(code: str) -> Institution:
    """The institution configured as `code`, as settings.INSTITUTIONS has them. Raises KeyError for any other."""
    configured = settings.INSTITUTIONS[code]
    return Institution(code, configured["url"].rstrip("/"), Path(configured["public_key_file"]))
