"""Keys for one machine, made on the first run: never in the repository, readable by their owner only.

Usage: python -m ops.local_secrets DIRECTORY makes there, unless they are there, the key that signs our requests
(platform.pem, RSA), the one that signs the ledger's seals (seal.pem, Ed25519), and that of our book of tokens among
lenders (sharing.pem, P-256).
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def random_key() -> str:
    """32 random bytes in base64, as FIELD_KEYS and BLIND_INDEX_KEY want them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)


def ensure_signing_keys(directory: Path) -> None:
    """Make the key pairs of platform, seal and sharing, PEM, unless they are there: `<name>.pem`, `<name>.pub.pem`."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    _ensure_pair(directory / "platform.pem", lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    _ensure_pair(directory / "seal.pem", ed25519.Ed25519PrivateKey.generate)
    _ensure_pair(directory / "sharing.pem", lambda: ec.generate_private_key(ec.SECP256R1()))


def _ensure_pair(private: Path, generate: Callable[[], Any]) -> None:
    from cryptography.hazmat.primitives import serialization

    public = private.with_name(f"{private.stem}.pub.pem")
    if private.exists() and public.exists():
        return
    key = generate()
    write_private(
        private,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


if __name__ == "__main__":
    ensure_signing_keys(Path(sys.argv[1]))
