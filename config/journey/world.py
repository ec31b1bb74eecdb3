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
        return self._one("/books/payouts", serial)

    def collection(self, serial: str) -> dict[str, Any] | None:
        """What the payment institution's books say of the collection with our `serial`."""
        return self._one("/books/collections", serial)

    def follow_clock(self, moment: dt.datetime) -> None:
        """Tell the sandbox that business time is `moment` now."""
        offset = (moment - real_now()).total_seconds()
        self.http.post("/control/clock", json={"offset_seconds": offset}).raise_for_status()

    def _latest_text(self, mobile: str) -> str | None:
        rows = self._rows(self.http.get("/books/sms", params={"mobile": mobile}))
        return rows[-1]["text"] if rows else None

    def _one(self, path: str, serial: str) -> dict[str, Any] | None:
        rows = self._rows(self.http.get(path, params={"serial": serial}))
        return rows[0] if rows else None

    @staticmethod
    def _rows(response: httpx.Response) -> list[dict[str, Any]]:
        response.raise_for_status()
        rows: list[dict[str, Any]] = response.json()["rows"]
        return rows


def wait_for(what: str, look: Any) -> Any:
    """Look again and again until there is something to see. Raises RuntimeError when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise RuntimeError(f"waited {PATIENCE_SECONDS} s in vain for {what}")
