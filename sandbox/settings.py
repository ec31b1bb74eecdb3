"""What the sandbox is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

Number = TypeVar("Number", int, float, Decimal)


@dataclass(frozen=True)
class Settings:
    """One sandbox: where it listens, where its files are, and how its payment institution behaves."""

    host: str
    port: int
    data: Path
    partner_key: Path
    settle_seconds: float
    opening_balance: Decimal

    @property
    def keys(self) -> Path:
        """The directory of the institutions' keys."""
        return self.data / "keys"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the SANDBOX_ settings. Raises ValueError with a sentence that names the setting at fault."""
    read = environment.get
    return Settings(
        host=read("SANDBOX_HOST", "127.0.0.1"),
        port=_number("SANDBOX_PORT", read("SANDBOX_PORT", "8100"), int),
        data=Path(read("SANDBOX_DATA", "sandbox-data")),
        partner_key=Path(read("SANDBOX_PARTNER_KEY", "var/keys/platform.pub.pem")),
        settle_seconds=_number("SANDBOX_SETTLE_SECONDS", read("SANDBOX_SETTLE_SECONDS", "0.3"), float),
        opening_balance=_number("SANDBOX_OPENING_BALANCE", read("SANDBOX_OPENING_BALANCE", "1000000000.00"), Decimal),
    )


def _number(name: str, text: str, kind: type[Number]) -> Number:
    try:
        return kind(text)
    except (ValueError, ArithmeticError):
        raise ValueError(f"{name} must be a number, not {text!r}.") from None
