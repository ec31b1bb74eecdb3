"""The keys of seals, Ed25519: one signs; every public key that ever signed stays trusted, by its fingerprint."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def signing_key() -> Ed25519PrivateKey:
    """The key that signs seals. Raises FileNotFoundError or ValueError."""
    return _private_key(settings.SEAL_KEY_FILE)


def trusted_keys() -> dict[str, Ed25519PublicKey]:
    """The public keys that seals may be signed by, by fingerprint. Raises FileNotFoundError or ValueError."""
    keys = map(_public_key, settings.SEAL_PUBLIC_KEY_FILES)
    return {fingerprint(key): key for key in keys}


def fingerprint(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the key's 32 bytes, in hexadecimal digits."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def sign(text: str) -> str:
    """The base64 signature of `text`."""
    return base64.b64encode(signing_key().sign(text.encode())).decode()


def is_signed(key: Ed25519PublicKey, signature: str, text: str) -> bool:
    """Whether `signature` is the key owner's signature of `text`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _private_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 key")
    return key


@cache
def _public_key(path: Path) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is not an Ed25519 key")
    return key
