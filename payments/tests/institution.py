"""The institution's pen: callbacks signed with its key, sent over real HTTP, as only it could send them, or as a
forger might.
"""

import json
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from core import signing
from payments.models import PaymentOrder

PATH = "/callbacks/payment/"


def notice(order: PaymentOrder, status: str, **changes: Any) -> dict[str, Any]:
    """What the institution says about an order."""
    return {
        "notification_id": f"N{secrets.token_hex(8)}",
        "serial": order.serial,
        "channel_serial": "PY1",
        "kind": order.kind,
        "status": status,
        "amount": str(order.amount),
        "fee": "0.00" if status == "FAILED" else "1.00",
        "finished_at": "2026-11-23T01:02:03.000Z",
        "code": "",
        **changes,
    }


def headers(keys: Path, body: str, *, path: str = PATH, age: int = 0, signer: str = "payment") -> dict[str, str]:
    """The signature of `body`, as made `age` seconds ago with the key of `signer`."""
    timestamp, nonce = str(int(time.time()) - age), secrets.token_hex(16)
    key = signing.private_key(keys / f"{signer}.pem")
    return {
        "Content-Type": "application/json",
        "X-Partner": "payment",
        "X-Serial": "N1",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": signing.sign(key, "POST", path, timestamp, nonce, body),
    }


def call_back(keys: Path, message: Any, **how: Any) -> httpx.Response:
    """Send a signed callback to the web process's address."""
    body = message if isinstance(message, str) else json.dumps(message)
    return post(body, headers(keys, body, **how))


def post(body: str, headers: dict[str, str], path: str = PATH) -> httpx.Response:
    """Send what one likes."""
    return httpx.post(settings.PLATFORM_URL + path, content=body.encode(), headers=headers, trust_env=False, timeout=30)
