"""The outside world's own addresses: what the demo customer's telephone receives, and the institution's own books."""

import datetime as dt
import re
import time
from typing import Any

import httpx

from core.clock import real_now

PATIENCE_SECONDS = 60


class World:
    """The sandbox, as anybody may read it."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def code_sent_to(self, mobile: str) -> str:
        """The six-digit code in the latest message to `mobile`."""
        text = wait_for("the SMS code", lambda: self._latest_text(mobile))
        found = re.search(r"\d{6}", text)
        if found is None:
            raise RuntimeError(f"no code in the message: {text!r}")
        return found[0]

    def payout(self, serial: str) -> dict[str, Any] | None:
        """What the payment institution's books say of the payout with our `serial`."""
        return self._first("payouts", serial=serial)

    def collection(self, serial: str) -> dict[str, Any] | None:
        """What the payment institution's books say of the collection with our `serial`."""
        return self._first("collections", serial=serial)

    def at_the_bank(self, kind: str, serial: str) -> dict[str, Any] | None:
        """What the bank's books say of the payout or collection with our `serial`."""
        return self._first(f"bank/{kind}s", f"{kind}s", serial=serial)

    def follow_clock(self, moment: dt.datetime) -> None:
        """Tell the sandbox that business time is `moment` now."""
        offset = (moment - real_now()).total_seconds()
        self.http.post("/control/clock", json={"offset_seconds": offset}).raise_for_status()

    def _latest_text(self, mobile: str) -> str | None:
        message = self._first("sms", "messages", mobile=mobile)
        return message["text"] if message else None

    def _first(self, book: str, rows: str = "", **wanted: str) -> dict[str, Any] | None:
        """The newest row of a book."""
        response = self.http.get(f"/books/{book}", params=wanted)
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json()[rows or book]
        return found[0] if found else None


def wait_for(what: str, look: Any) -> Any:
    """Look again and again until there is something to see. Raises RuntimeError when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise RuntimeError(f"waited {PATIENCE_SECONDS} s in vain for {what}")
