"""What a book of tokens says of a person: a token for an open debt, one for each application of the last days. Pure.

A token is a keyed hash under the person's own value of the oblivious function: it says something to nobody but whoever
has that value, and no token tells which others belong to the same person.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterator

DEBT = "debt"
DAYS = 30  # how long an application counts
MOST_APPLICATIONS = 20  # that one lender tells of one person
DIGITS = 32  # of a token
MOST_BUCKET_DIGITS = 4


def identity(id_number: str) -> bytes:
    """What the function is asked about."""
    return id_number.strip().upper().encode()


def bucket_of(id_number: str, digits: int) -> str:
    """The first hex digits (up to 4) of a hash that everybody can compute: so large a crowd as they leave is shown to
    whoever is asked, so that they need not answer with their whole book."""
    return hashlib.sha256(b"bucket:" + identity(id_number)).hexdigest()[:digits]


def tokens_of(value: bytes, *, owes: bool, applications: int) -> Iterator[str]:
    """The tokens of one person in one lender's book."""
    if owes:
        yield _token(value, DEBT)
    for number in range(1, min(applications, MOST_APPLICATIONS) + 1):
        yield _token(value, f"application-{number}")


def told(value: bytes, tokens: Collection[str]) -> tuple[bool, int]:
    """What a lender's tokens say of the person whose value this is: whether it is owed, how many applications."""
    numbers = range(1, MOST_APPLICATIONS + 1)
    applications = sum(_token(value, f"application-{number}") in tokens for number in numbers)
    return _token(value, DEBT) in tokens, applications


def joined(tokens: Collection[str]) -> str:
    """Tokens as they are sent: in an order that tells nothing."""
    return "".join(sorted(tokens))


def parted(text: str) -> frozenset[str]:
    """The tokens again. Raises ValueError when the text is none."""
    if len(text) % DIGITS:
        raise ValueError("not a row of tokens")
    return frozenset(text[place : place + DIGITS] for place in range(0, len(text), DIGITS))


def _token(value: bytes, what: str) -> str:
    return hmac.new(value, what.encode(), hashlib.sha256).hexdigest()[:DIGITS]
