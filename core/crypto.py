"""Encryption of personal data: AES-256-GCM under versioned keys, and keyed hashes to search by.

Keys come from settings.FIELD_KEYS ({version: 32 bytes}, the last one active). A new version is added at the end; old
values stay readable as long as their key stays listed.
"""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


def active_key_version() -> str:
    """The version under which new values are encrypted."""
    return str(list(settings.FIELD_KEYS)[-1])


def cipher(version: str) -> AESGCM:
    """The cipher of one key version. Raises KeyError when that version is not configured."""
    return AESGCM(settings.FIELD_KEYS[version])


def encrypt_text(clear: str, *, context: str) -> str:
    """Encrypt `clear`; `context` (where it is stored) is authenticated and must be given again to decrypt."""
    version = active_key_version()
    nonce = os.urandom(NONCE_BYTES)
    sealed = cipher(version).encrypt(nonce, clear.encode(), context.encode())
    return f"{version}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt_text(stored: str, *, context: str) -> str:
    """Undo `encrypt_text`. Raises cryptography's InvalidTag when the value was altered or moved."""
    version, _, encoded = stored.partition(":")
    raw = base64.b64decode(encoded)
    return cipher(version).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()


def blind_index(purpose: str, value: str) -> str:
    """A keyed hash (64 hex digits) of `value` trimmed and upper-cased, the same for equal values of one purpose."""
    normal = value.strip().upper()
    return hmac.new(settings.BLIND_INDEX_KEY, f"{purpose}:{normal}".encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """The form in which a secret that we hand out (bearer token, SMS code) is stored."""
    return hmac.new(settings.BLIND_INDEX_KEY, f"token:{token}".encode(), hashlib.sha256).hexdigest()
