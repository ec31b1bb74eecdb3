"""Signatures of messages with institutions: RSA with SHA-256 over the parts of the message, one a line."""

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@cache
def private_key(path: Path) -> rsa.RSAPrivateKey:
    """The RSA private key in a PEM file. Raises FileNotFoundError or ValueError."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} is not an RSA key")
    return key


@cache
def public_key(path: Path) -> rsa.RSAPublicKey:
    """The RSA public key in a PEM file. Raises FileNotFoundError or ValueError."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError(f"{path} is not an RSA key")
    return key


def signed_text(*parts: str) -> bytes:
    """What is signed: each part and a line feed."""
    return "".join(f"{part}\n" for part in parts).encode()


def sign(key: rsa.RSAPrivateKey, *parts: str) -> str:
    """The base64 signature of `parts`."""
    return sign_bytes(key, signed_text(*parts))


def is_signed(key: rsa.RSAPublicKey, signature: str, *parts: str) -> bool:
    """Whether `signature` is the key owner's signature of `parts`."""
    return are_bytes_signed(key, signature, signed_text(*parts))


def form_text(params: Mapping[str, str]) -> bytes:
    """What is signed of a form: its parameters in the order of their names; those without a value are left out."""
    return "&".join(f"{name}={value}" for name, value in sorted(params.items()) if value).encode()


def sign_bytes(key: rsa.RSAPrivateKey, content: bytes) -> str:
    """The base64 signature of `content`, for protocols that arrange what is signed in another way."""
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def are_bytes_signed(key: rsa.RSAPublicKey, signature: str, content: bytes) -> bool:
    """Whether `signature` is the key owner's signature of `content`."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, content, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
