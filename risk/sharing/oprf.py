"""An oblivious pseudorandom function: OPRF(P-256, SHA-256) of RFC 9497 in its base mode. Pure.

Whoever asks blinds an input; whoever holds a key evaluates what was blinded, and learns nothing of the input;
unblinded, it is a value that nobody computes without that key. Points are pairs of coordinates, and 33 bytes on the
wire (SEC 1, compressed). Multiplication by a secret is left to OpenSSL, by way of Diffie-Hellman.
"""

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

CURVE = ec.SECP256R1()
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A, B = -3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
Z = -10
CONTEXT = b"OPRFV1-\x00-P256-SHA256"
BYTES = 33

Point = tuple[int, int]


@dataclass(frozen=True)
class Blinded:
    """An input as it is sent, and the secret that undoes its blinding; kept by whoever asks, for one question only."""

    input: bytes
    blind: int
    element: bytes


def blind(value: bytes, by: int | None = None) -> Blinded:
    """Blind an input; `by` a random number unless told otherwise."""
    secret = by or secrets.randbelow(ORDER - 3) + 2
    return Blinded(value, secret, _written(_multiply(secret, _hashed(value))))


def evaluate(key: int, element: bytes) -> bytes:
    """What the holder of `key` makes of a blinded element. Raises ValueError for what is no point of the curve."""
    return _written(_multiply(key, _read(element)))


def finalize(blinded: Blinded, evaluated: bytes) -> bytes:
    """The function's value (32 bytes), of what the key's holder answered. Raises ValueError as evaluate does."""
    unblinded = _multiply(pow(blinded.blind, -1, ORDER), _read(evaluated))
    return _output(blinded.input, _written(unblinded))


def value_of(key: int, value: bytes) -> bytes:
    """The function's value of an input, for the key's holder: what a question about this input would come to."""
    return _output(value, _written(_multiply(key, _hashed(value))))


def _output(value: bytes, element: bytes) -> bytes:
    framed = len(value).to_bytes(2, "big") + value + len(element).to_bytes(2, "big") + element
    return hashlib.sha256(framed + b"Finalize").digest()


def _multiply(scalar: int, point: Point) -> Point:
    """OpenSSL tells the product's x only. Of the two y that belong to it the right one is that to which adding the
    point gives the x of one multiple more."""
    x, one_more = _shared(scalar, point), _shared(scalar + 1, point)
    y = _root(_right_side(x))
    return (x, y) if _add((x, y), point)[0] == one_more else (x, PRIME - y)


def _shared(scalar: int, point: Point) -> int:
    public = ec.EllipticCurvePublicNumbers(*point, CURVE).public_key()
    return int.from_bytes(ec.derive_private_key(scalar, CURVE).exchange(ec.ECDH(), public), "big")


def _written(point: Point) -> bytes:
    x, y = point
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def _read(element: bytes) -> Point:
    if len(element) != BYTES:
        raise ValueError("not a compressed point")
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, element).public_numbers()
    return numbers.x, numbers.y


def _hashed(value: bytes) -> Point:
    """The input as a point: P256_XMD:SHA-256_SSWU_RO_ of RFC 9380."""
    stretched = _stretched(value, b"HashToGroup-" + CONTEXT, 96)
    first, second = (int.from_bytes(part, "big") % PRIME for part in (stretched[:48], stretched[48:]))
    return _add(_mapped(first), _mapped(second))


def _stretched(message: bytes, purpose: bytes, length: int) -> bytes:
    """expand_message_xmd of RFC 9380, section 5.3.1."""
    tag = purpose + bytes([len(purpose)])
    first = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + tag).digest()
    block, found = bytes(32), b""
    for number in range(1, -(-length // 32) + 1):
        mixed = bytes(one ^ other for one, other in zip(first, block, strict=True))
        block = hashlib.sha256(mixed + bytes([number]) + tag).digest()
        found += block
    return found[:length]


def _mapped(number: int) -> Point:
    """The simplified SWU map of RFC 9380, section 6.6.2."""
    step = Z * number * number % PRIME
    slope = (step * step + step) % PRIME
    x = -B * pow(A, -1, PRIME) * (1 + pow(slope, -1, PRIME)) % PRIME if slope else B * pow(Z * A, -1, PRIME) % PRIME
    y = _root(_right_side(x))
    if y * y % PRIME != _right_side(x):
        x = step * x % PRIME
        y = _root(_right_side(x))
    return (x, y) if y % 2 == number % 2 else (x, PRIME - y)


def _right_side(x: int) -> int:
    return (x * x * x + A * x + B) % PRIME


def _root(square: int) -> int:
    """A square root, if there is one: the prime is 3 modulo 4."""
    return pow(square, (PRIME + 1) // 4, PRIME)


def _add(one: Point, other: Point) -> Point:
    """The sum of two points that are not each other's mirror image: hashes and blinded points never are, but by a
    chance of 2⁻²⁵⁶."""
    (x1, y1), (x2, y2) = one, other
    rise, run = (y2 - y1, x2 - x1) if x1 != x2 else (3 * x1 * x1 + A, 2 * y1)
    slope = rise * pow(run, -1, PRIME) % PRIME
    x = (slope * slope - x1 - x2) % PRIME
    return x, (slope * (x1 - x) - y1) % PRIME
