"""Keys for one machine, made on the first run: never in the repository, readable by their owner only.

Usage: python -m ops.local_secrets PATH/NAME.pem makes a signing key, unless it is there.
"""

import base64
import os
import secrets
import sys
from pathlib import Path


def random_key() -> str:
    """32 random bytes in base64, as FIELD_KEYS and BLIND_INDEX_KEY want them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)


def ensure_signing_key(private: Path) -> None:
    """Make our RSA-2048 key pair, PEM, unless it is there: `<name>.pem` and `<name>.pub.pem`."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    public = private.with_name(f"{private.stem}.pub.pem")
    if private.exists() and public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    write_private(
        private,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


if __name__ == "__main__":
    ensure_signing_key(Path(sys.argv[1]))
