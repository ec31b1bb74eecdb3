"""UnionPay's acp 5.1.0 as it is written: forms signed as a whole, card numbers that only it can read, answers as they
stand, with the certificate of whoever signed them.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from starlette.responses import Response

from sandbox import checks, signing
from sandbox.clock import ZONE
from sandbox.world import World

CODE = "unionpay"
MERCHANT = "777290058110048"
# The serial numbers of the certificates: the merchant's, ours for signing, ours for what is encrypted to us.
MERCHANT_CERT_ID = "69026276696"
OUR_CERT_ID = 69042905377
ENCRYPT_CERT_ID = "68759622183"
Form = dict[str, str]


def read(raw: str) -> Form:
    """A request's parameters."""
    return dict(parse_qsl(raw, keep_blank_values=True))


def is_signed(world: World, given: Form) -> bool:
    """Whether the merchant signed the parameters."""
    ours = (given.get("merId"), given.get("certId"), given.get("signMethod")) == (MERCHANT, MERCHANT_CERT_ID, "01")
    return ours and world.partner.has_signed_bytes(given.get("signature", ""), _digest(given))


def answer(world: World, said: Form, *, spoiled: bool = False) -> Response:
    """An answer: names and values as they stand."""
    signed = _signed(world, said, spoiled)
    return Response("&".join(f"{name}={value}" for name, value in signed.items()), media_type="text/html;charset=utf-8")


def form(world: World, said: Form, *, spoiled: bool) -> str:
    """A notice: a form like any other."""
    return urlencode(_signed(world, said, spoiled))


def wire_time(iso: str) -> str:
    """A moment of the books as the wire has it."""
    return dt.datetime.fromisoformat(iso).astimezone(ZONE).strftime("%Y%m%d%H%M%S")


def decrypted(world: World, given: Form, name: str) -> str:
    """What was encrypted under our public key. Raises Refusal."""
    rule = "must be encrypted under our certificate"
    if given.get("encryptCertId") != ENCRYPT_CERT_ID:
        raise checks.invalid("encryptCertId", rule)
    try:
        raw = base64.b64decode(given.get(name, ""), validate=True)
        return world.keys[CODE].decrypt(raw, padding.PKCS1v15()).decode()
    except ValueError:
        raise checks.invalid(name, rule) from None


def holder(world: World, given: Form) -> Form:
    """What customerInfo says of the holder, and what is encrypted in it. Raises Refusal."""
    try:
        text = base64.b64decode(given.get("customerInfo", ""), validate=True).decode()
    except ValueError:
        text = ""
    said = _pairs(text[1:-1]) if text[:1] + text[-1:] == "{}" else {}
    if not said.get("customerNm"):
        raise checks.invalid("customerInfo", "must be base64 of {customerNm=…}")
    if "encryptedInfo" in said:
        said |= _pairs(decrypted(world, given | said, "encryptedInfo"))
    return said


def _pairs(text: str) -> Form:
    return {name: value for name, _equals, value in (pair.partition("=") for pair in text.split("&"))}


def _signed(world: World, said: Form, spoiled: bool) -> Form:
    key = world.keys[CODE]
    whole = {**said, "signMethod": "01", "signPubKeyCert": _certificate(key)}
    whole = {name: value for name, value in sorted(whole.items()) if value}
    signature = signing.sign(key, _digest(whole) + (b" " if spoiled else b""))
    return {**whole, "signature": signature}


def _digest(params: Mapping[str, str]) -> bytes:
    """What is signed: the SHA-256, in hexadecimal digits, of all parameters with a value in the order of names."""
    pairs = (f"{name}={value}" for name, value in sorted(params.items()) if value and name != "signature")
    return hashlib.sha256("&".join(pairs).encode()).hexdigest().encode()


@lru_cache(maxsize=1)
def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "UnionPay of the sandbox")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(OUR_CERT_ID)
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=2120))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode().strip()
