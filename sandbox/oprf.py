"""The lenders' oblivious function: OPRF(P-256, SHA-256) of RFC 9497, base mode, in plain arithmetic.

Points are in Jacobian coordinates (x = X/Z², y = Y/Z³); that takes milliseconds and leaks by its timing, which harms
nobody here.
"""

import hashlib
import secrets

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
SUITE = b"OPRFV1-\x00-P256-SHA256"

Affine = tuple[int, int]
Jacobian = tuple[int, int, int]


def new_key() -> int:
    """A lender's secret number."""
    return secrets.randbelow(N - 1) + 1


def blind(value: bytes) -> tuple[int, bytes]:
    """A random number, and the value hidden by it."""
    by = new_key()
    return by, encode(times(by, hash_to_curve(value)))


def evaluate(key: int, element: bytes) -> bytes:
    """The blinded element times the key. Raises ValueError for what is no point."""
    return encode(times(key, decode(element)))


def finalize(value: bytes, by: int, evaluated: bytes) -> bytes:
    """The function's value, from what the key's holder answered."""
    return _output(value, times(pow(by, -1, N), decode(evaluated)))


def value_of(key: int, value: bytes) -> bytes:
    """The function's value, for the key's holder."""
    return _output(value, times(key, hash_to_curve(value)))


def _output(value: bytes, point: Affine) -> bytes:
    parts = [len(value).to_bytes(2, "big"), value, (33).to_bytes(2, "big"), encode(point), b"Finalize"]
    return hashlib.sha256(b"".join(parts)).digest()


def encode(point: Affine) -> bytes:
    """33 bytes: the parity of y, and x."""
    return bytes([2 | point[1] & 1]) + point[0].to_bytes(32, "big")


def decode(element: bytes) -> Affine:
    """The point again. Raises ValueError when it is not on the curve."""
    if len(element) != 33 or element[0] not in (2, 3):
        raise ValueError("not a compressed point")
    x = int.from_bytes(element[1:], "big")
    y = _root(_curve(x))
    if x >= P or y * y % P != _curve(x):
        raise ValueError("not on the curve")
    return x, y if y & 1 == element[0] & 1 else P - y


def times(factor: int, point: Affine) -> Affine:
    """Doubling and adding, from the factor's highest bit down."""
    found: Jacobian = (*point, 1)
    for bit in bin(factor)[3:]:
        found = _double(found)
        if bit == "1":
            found = _plus(found, point)
    x, y, z = found
    shrink = pow(z, -1, P)
    return x * shrink**2 % P, y * shrink**3 % P


def hash_to_curve(value: bytes) -> Affine:
    """RFC 9380: two field elements, each mapped to a point, and their sum."""
    drawn = _expand(value, b"HashToGroup-" + SUITE, 96)
    one, other = (_swu(int.from_bytes(half, "big") % P) for half in (drawn[:48], drawn[48:]))
    x, y, z = _plus((*one, 1), other)
    shrink = pow(z, -1, P)
    return x * shrink**2 % P, y * shrink**3 % P


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    squared = y * y % P
    four = 4 * x * squared % P
    slope = 3 * (x - z * z) * (x + z * z) % P
    new_x = (slope * slope - 2 * four) % P
    return new_x, (slope * (four - new_x) - 8 * squared * squared) % P, 2 * y * z % P


def _plus(point: Jacobian, other: Affine) -> Jacobian:
    """The sum with another point that is neither the same nor its mirror image."""
    x, y, z = point
    square = z * z % P
    run, rise = (other[0] * square - x) % P, (other[1] * square * z - y) % P
    run_squared = run * run % P
    run_cubed, shifted = run * run_squared % P, x * run_squared % P
    new_x = (rise * rise - run_cubed - 2 * shifted) % P
    return new_x, (rise * (shifted - new_x) - y * run_cubed) % P, z * run % P


def _expand(message: bytes, purpose: bytes, length: int) -> bytes:
    tag = purpose + len(purpose).to_bytes(1, "big")
    head = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + tag).digest()
    blocks = [hashlib.sha256(head + b"\1" + tag).digest()]
    for number in range(2, -(-length // 32) + 1):
        mixed = (int.from_bytes(head, "big") ^ int.from_bytes(blocks[-1], "big")).to_bytes(32, "big")
        blocks.append(hashlib.sha256(mixed + bytes([number]) + tag).digest())
    return b"".join(blocks)[:length]


def _swu(u: int) -> Affine:
    z = -10 * u * u
    denominator = (z * z + z) % P
    third = pow(3, -1, P)
    x = B * third * (1 + pow(denominator, -1, P)) % P if denominator else B * pow(30, -1, P) % P
    if pow(_curve(x), (P - 1) // 2, P) not in (0, 1):
        x = z * x % P
    y = _root(_curve(x))
    return x, y if y & 1 == u & 1 else P - y


def _curve(x: int) -> int:
    return (pow(x, 3, P) - 3 * x + B) % P


def _root(square: int) -> int:
    return pow(square, (P + 1) // 4, P)
