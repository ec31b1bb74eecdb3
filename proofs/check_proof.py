"""Checks that a transfer stands in the lending platform's sealed ledger. 检验一笔会计分录是否在平台封存的账簿中。

Usage: python check_proof.py PROOF.json PLATFORM_KEY.pem

PROOF.json is the proof that the platform handed over, PLATFORM_KEY.pem the platform's public key as you know it from
elsewhere, such as your contract: never take it from whoever handed over the proof. Needs Python 3.11 and the package
`cryptography`; asks nobody. Exit status 0: the proof holds; 1: it does not; 2: it could not be read.
"""

import base64
import binascii
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


class Refused(Exception):
    """The proof does not hold. The sentence says why, in English and Chinese."""


class Unreadable(Exception):
    """The files are not a proof and a key."""


def check(proof: dict, key: Ed25519PublicKey) -> tuple[dict, dict]:
    """The transfer and the seal that `proof` proves under the platform's `key`. Raises Refused or Unreadable."""
    try:
        transfer, seal = json.loads(proof["transfer"]), json.loads(proof["seal"])
        leaf, path = proof["transfer"].encode(), [bytes.fromhex(step) for step in proof["path"]]
        signature = base64.b64decode(proof["signature"], validate=True)
        root, place, size = bytes.fromhex(seal["root"]), int(proof["place"]), int(seal["transfers"])
        enclosed = load_pem_public_key(proof["public_key"].encode())
        version, text = proof["version"], proof["seal"].encode()
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise Unreadable(f"the proof has not the form of one ({error})") from None
    if version != 1:
        raise Unreadable(f"this script knows version 1 of proofs, not {version}")
    if enclosed != key:
        raise Refused("The proof was made with another key than the platform's. 证明所用的密钥不是平台的密钥。")
    try:
        key.verify(signature, text)
    except InvalidSignature:
        raise Refused(
            "The platform has not signed this seal: seal or signature was altered. 封印或签名已被改动。"
        ) from None
    if root_from(leaf, place, size, path) != root:
        raise Refused(
            "The seal does not hold this transfer: it or its path was altered. 该笔会计分录不在此封印中，已被改动。"
        )
    return transfer, seal


def root_from(content: bytes, place: int, size: int, path: list[bytes]) -> bytes | None:
    """The Merkle root (RFC 6962) over `size` leaves whose leaf `place` has this content; None for a path that does not
    fit such a tree.
    """
    if not 0 <= place < size:
        return None
    found = hashlib.sha256(b"\x00" + content).digest()
    last = size - 1
    steps = iter(path)
    while last:
        if place % 2 or place < last:  # else the last node of an odd level moves up as it is
            beside = next(steps, None)
            if beside is None or len(beside) != 32:
                return None
            pair = beside + found if place % 2 else found + beside
            found = hashlib.sha256(b"\x01" + pair).digest()
        place, last = place // 2, last // 2
    return found if next(steps, None) is None else None


def read(proof_file: str, key_file: str) -> tuple[dict, Ed25519PublicKey]:
    """The proof and the key. Raises Unreadable."""
    try:
        proof = json.loads(Path(proof_file).read_text(encoding="utf-8"))
        key = load_pem_public_key(Path(key_file).read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(str(error)) from None
    if not isinstance(key, Ed25519PublicKey) or not isinstance(proof, dict):
        raise Unreadable("the first file must hold a proof, the second an Ed25519 public key")
    return proof, key


def shown(transfer: dict, seal: dict) -> str:
    """What was proved, for people."""
    lines = [
        "The proof holds. 证明成立。",
        f"Transfer 会计分录 {transfer['serial']}: {transfer['purpose']} {transfer['reference']}, "
        f"{transfer['business_date']}, posted 记账时间 {transfer['posted_at']}",
        *(f"  {entry['side']:<6} {entry['amount']:>18} CNY  {entry['account']}" for entry in transfer["entries"]),
        f"stands in seal 封印 no. {seal['number']} of {seal['business_date']}, one of {seal['transfers']} transfers, "
        f"sealed {seal['sealed_at']}",
        f"  root     {seal['root']}",
        f"  previous {seal['previous']}",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Check, say so, and return the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(shown(*check(*read(*arguments))))
    except Refused as refusal:
        print(refusal)
        return 1
    except Unreadable as trouble:
        print(f"Cannot be read 无法读取: {trouble}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
