"""What the tests drive the sandbox with: its process, a partner who signs, a receiver of callbacks.

The signing is written anew from the protocol's description: both sides are not wrong in the same way.
"""

import base64
import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PROJECT = Path(__file__).resolve().parents[2]
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float = 10) -> Found:
    """Look until something is found; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came within {seconds} s")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class SandboxProcess:
    """One sandbox, started as a user starts it, with files of its own."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.partner_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.partner_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (directory / "platform.pub.pem").write_bytes(public)
        self.environment = {
            "PATH": os.environ["PATH"],
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_DATA": str(directory / "data"),
            "SANDBOX_PARTNER_KEY": str(directory / "platform.pub.pem"),
            "SANDBOX_SETTLE_SECONDS": "0.05",
            **environment,
        }
        self.http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "sandbox"], cwd=PROJECT, env=self.environment)
        try:
            wait_for(self._is_healthy, seconds=60)
        except AssertionError:
            self.kill()
            raise

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=10)

    def public_key(self, institution: str) -> rsa.RSAPublicKey:
        pem = (self.directory / "data" / "keys" / f"{institution}.pub.pem").read_bytes()
        key = serialization.load_pem_public_key(pem)
        assert isinstance(key, rsa.RSAPublicKey)
        return key

    def read(self, path: str, **query: str) -> dict[str, Any]:
        response = self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def order_fault(self, target: str, fault: str, count: int | None = 1, seconds: float = 0) -> None:
        order = {"target": target, "fault": fault, "count": count, "seconds": seconds}
        assert self.http.post("/control/faults", json=order).status_code == 200

    def transfers(self) -> list[dict[str, Any]]:
        return list(self.read("/books/payouts")["payouts"] + self.read("/books/collections")["collections"])

    def has_settled_all(self) -> bool:
        """Whether every transfer has come to its end."""
        return all(
            row["status"] == "RETURNED" if row["amount"].endswith(".93") else row["status"] != "PROCESSING"
            for row in self.transfers()
            if row["code"] not in ("CHANNEL_REFUSED", "PAYER_BALANCE_NOT_ENOUGH")
        )

    def _is_healthy(self) -> bool:
        assert self.process.poll() is None, "the sandbox ended"
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False


class Partner:
    """Signs what it sends with the platform's key, and believes only what the institution signed."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self._numbers = itertools.count(1)
        self._series = secrets.token_hex(4)

    def next_serial(self) -> str:
        return f"T{self._series}{next(self._numbers):06d}"

    def post(self, path: str, payload: Any) -> httpx.Response:
        body = json.dumps(payload, ensure_ascii=False)
        return self.send("POST", path, body, self.headers("POST", path, body))

    def get(self, path: str) -> httpx.Response:
        return self.send("GET", path, "", self.headers("GET", path, ""))

    def headers(self, method: str, path: str, body: str, *, at: float | None = None, nonce: str = "") -> dict[str, str]:
        timestamp, nonce = str(int(at or time.time())), nonce or secrets.token_hex(16)
        text = f"{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n".encode()
        signature = self.sandbox.partner_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return {
            "X-Partner": "lending-platform",
            "X-Serial": "any",
            "X-Timestamp": timestamp,
            "X-Nonce": nonce,
            "X-Signature": base64.b64encode(signature).decode(),
        }

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> httpx.Response:
        return self.sandbox.http.request(method, path, content=body.encode(), headers=headers)

    def believes(self, response: httpx.Response) -> bool:
        """Whether the answer bears the signature of the institution whose address it was."""
        institution = response.request.url.path.split("/")[1]
        headers = response.headers
        text = f"{response.status_code}\n{headers['X-Timestamp']}\n{headers['X-Nonce']}\n{response.text}\n"
        fresh = abs(time.time() - int(headers["X-Timestamp"])) < 300
        return fresh and is_signed(self.sandbox.public_key(institution), headers["X-Signature"], text)

    def pay(self, amount: str, notify_url: str, *, kind: str = "payout", **changes: str) -> httpx.Response:
        party = "payee_name" if kind == "payout" else "payer_name"
        instruction = {
            "serial": self.next_serial(),
            "amount": amount,
            "card_number": card_number(1),
            party: "张三",
            "purpose": "loan",
            "notify_url": notify_url,
        }
        return self.post(f"/payment/v1/{kind}s", instruction | changes)

    def ended(self, serial: str, status: str, *, kind: str = "payout") -> dict[str, Any]:
        """Ask until the transfer has come to `status`."""

        def look() -> dict[str, Any] | None:
            found = dict(self.get(f"/payment/v1/{kind}s/{serial}").json())
            return found if found["status"] == status else None

        return wait_for(look)


class Receiver:
    """A partner's callback address on a free port: it answers with `statuses` in turn, then with 200."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.received: list[dict[str, Any]] = []
        self.refused = 0
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(receiver.take(self.path, dict(self.headers), body))
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/callbacks/payment?from=sandbox"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def take(self, path: str, given: dict[str, str], body: str) -> int:
        headers = {name.title(): value for name, value in given.items()}
        text = f"POST\n{path}\n{headers['X-Timestamp']}\n{headers['X-Nonce']}\n{body}\n"
        if not is_signed(self.sandbox.public_key("payment"), headers["X-Signature"], text):
            self.refused += 1
            return 401
        message = json.loads(body)
        assert headers["X-Partner"] == "payment"
        assert headers["X-Serial"] == message["notification_id"]
        self.received.append(message | {"nonce": headers["X-Nonce"]})
        return self.statuses.pop(0) if self.statuses else 200

    def about(self, serial: str, count: int = 1) -> list[dict[str, Any]]:
        """The callbacks about a transfer, once there are `count`."""
        return wait_for(lambda: found if len(found := self.so_far(serial)) >= count else [])

    def so_far(self, serial: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["serial"] == serial]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """A partner's address on a free port: it keeps what it is told, headers and body, and answers with one word."""

    def __init__(self, word: str) -> None:
        self.letters: list[tuple[dict[str, str], str]] = []
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                mailbox.letters.append(({name.title(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(word.encode())

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/told"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def first(self) -> tuple[dict[str, str], str]:
        """The first letter, once it has come."""
        return wait_for(lambda: self.letters[0] if self.letters else None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def pem(key: Any) -> str:
    """A key as the clients that are not ours want it."""
    if isinstance(key, rsa.RSAPublicKey):
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_bytes(serialization.Encoding.PEM, public).decode()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def is_signed(key: rsa.RSAPublicKey, signature: str, text: str) -> bool:
    try:
        key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def card_number(number: int) -> str:
    """A 19-digit card number that passes Luhn, by the textbook."""
    digits = f"622202{number:012d}"
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{digits}{-total % 10}"


def id_number(number: int) -> str:
    """A resident ID number of someone born on 1990-01-15, by the weights of GB 11643."""
    digits = f"11010119900115{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return digits + "10X98765432"[total % 11]
