"""Keys and signatures: RSA-2048, PKCS#1 v1.5, SHA-256, over the parts of a message, one a line."""

import base64
import os
import secrets
import time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

INSTITUTIONS = ("identity", "payment", "funder", "sms", "alipay", "wechat", "unionpay", "bank", "sharing")
# A secret that WeChat Pay shares with its merchant: 32 characters.
WECHAT_APIV3_KEY = "wechat_apiv3.key"
FRESH_SECONDS = 300


def make_missing_keys(directory: Path) -> list[str]:
    """Give every institution without a key pair one in `directory`; returns those that got one."""
    directory.mkdir(parents=True, exist_ok=True)
    missing = [code for code in INSTITUTIONS if not _private_file(directory, code).exists()]
    for code in missing:
        _make_key(directory, code)
    if not (directory / WECHAT_APIV3_KEY).exists():
        _write(directory / WECHAT_APIV3_KEY, secrets.token_hex(16).encode(), 0o600)
    return missing


def load_keys(directory: Path) -> dict[str, rsa.RSAPrivateKey]:
    """The institutions' private keys by institution. Raises FileNotFoundError or ValueError."""
    return {code: _load_private(_private_file(directory, code)) for code in INSTITUTIONS}


def stamp(key: rsa.RSAPrivateKey, *parts: str, body: str, spoiled: bool = False) -> dict[str, str]:
    """The headers that sign `parts`, the present, a nonce and `body`; `spoiled` ones sign another body."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signed = signed_text(*parts, timestamp, nonce, body + " " if spoiled else body)
    return {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": sign(key, signed)}


def sign(key: rsa.RSAPrivateKey, content: bytes) -> str:
    """The base64 signature of `content`."""
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def signed_text(*parts: str) -> bytes:
    """What is signed: each part and a line feed."""
    return "".join(f"{part}\n" for part in parts).encode()


def is_fresh(timestamp: str) -> bool:
    """Whether `timestamp` (Unix seconds) is near the real present: signatures know no moved clock."""
    return timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp)) <= FRESH_SECONDS


class PartnerKey:
    """The partner's public key, read when first needed and again when its file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at = 0
        self._key: rsa.RSAPublicKey | None = None

    def has_signed(self, signature: str, *parts: str) -> bool:
        """Whether the partner signed `parts`. False while the partner has no key here."""
        return self.has_signed_bytes(signature, signed_text(*parts))

    def has_signed_bytes(self, signature: str, content: bytes) -> bool:
        """Whether the partner signed `content`. False while the partner has no key here."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self._current().verify(raw, content, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError, FileNotFoundError):
            return False
        return True

    def _current(self) -> rsa.RSAPublicKey:
        changed_at = self.path.stat().st_mtime_ns
        if self._key is None or changed_at != self._read_at:
            key = serialization.load_pem_public_key(self.path.read_bytes())
            if not isinstance(key, rsa.RSAPublicKey):
                raise ValueError(f"{self.path} is not an RSA key")
            self._key, self._read_at = key, changed_at
        return self._key


def _private_file(directory: Path, code: str) -> Path:
    return directory / f"{code}.pem"


def _load_private(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} is not an RSA key")
    return key


def _make_key(directory: Path, code: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(directory / f"{code}.pub.pem", public, 0o644)
    _write(_private_file(directory, code), private, 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put the whole file in place at once, so that nobody reads half a key."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    unfinished.replace(path)
