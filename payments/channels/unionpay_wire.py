"""How messages with UnionPay (acp 5.1.0) are written and signed: forms with RSA over the SHA-256 of all parameters,
card numbers encrypted under their certificate, answers as bare names and values.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings
from django.http import HttpRequest

from core import signing
from core.institutions import Institution
from core.models import ExternalMessage
from core.outbound import Answer, Envelope, SignedClient

TIME_FORMAT = "%Y%m%d%H%M%S"
VERSION = {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "accessType": "0"}
_PAIR = re.compile(r"(?:^|&)(\w+)=(\{[^{}]*\}|[^&]*)")
# Not kept in our records: it is the same in every message, and what a message says of its own signer proves nothing.
_CERTIFICATE = "signPubKeyCert"


class UnionPayClient(SignedClient):
    """Calls to UnionPay."""

    def ask(
        self, path: str, params: dict[str, str], *, serial: str, card: str = "", holder: Mapping[str, str] | None = None
    ) -> Answer:
        """Send `params`, signed, with a card number and what is said of its holder; the phone number of the holder is
        encrypted like the card's.
        """
        whole = {
            **VERSION,
            "merId": settings.UNIONPAY_MER_ID,
            "certId": settings.UNIONPAY_CERT_ID,
            **params,
            **(_about_card(card, holder or {}) if card else {}),
        }
        said = {"card_number": card, "name": (holder or {}).get("customerNm", "")} if card else {}
        return self.call(
            "POST", path, urlencode({**whole, "signature": sign(whole)}), recorded={**params, **said}, serial=serial
        )

    def headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        """The signature is among the parameters."""
        return {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}

    def read(self, response: httpx.Response) -> dict[str, str]:
        """The parameters of an answer without those of its signature."""
        said = parameters(response.content.decode())
        return {name: value for name, value in said.items() if name not in ("signature", _CERTIFICATE)}

    def is_signed(self, response: httpx.Response) -> bool:
        """Whether all of the answer is signed."""
        try:
            said = parameters(response.content.decode())
        except ValueError:
            return False
        return is_signed(self.institution, said)


def parameters(text: str) -> dict[str, str]:
    """The names and values of an answer; a value in braces may hold further ones. Raises ValueError for a text of any
    other form, in which something unsigned could hide.
    """
    said = dict(_PAIR.findall(text))
    if "&".join(f"{name}={value}" for name, value in said.items()) != text:
        raise ValueError("not an answer of UnionPay")
    return said


def sign(params: Mapping[str, str]) -> str:
    """Our signature of `params`."""
    return signing.sign_bytes(signing.private_key(settings.UNIONPAY_KEY_FILE), _digest(params))


def is_signed(institution: Institution, said: Mapping[str, str]) -> bool:
    """Whether UnionPay signed all that is said, and said it to us. The key is the one that we know: whoever forges a
    message can enclose a certificate too.
    """
    signed = {name: value for name, value in said.items() if name != "signature"}
    ours = said.get("signMethod") == "01" and said.get("merId", settings.UNIONPAY_MER_ID) == settings.UNIONPAY_MER_ID
    key = signing.public_key(institution.public_key_file)
    return ours and signing.are_bytes_signed(key, said.get("signature", ""), _digest(signed))


def open_notice(institution: Institution, request: HttpRequest, body: str) -> Envelope:
    """A back notice. It bears no time, and deliveries of one notice are alike: a repeated one is known by what it tells
    of which transaction, and is answered as the first was.
    """
    said = dict(parse_qsl(body, keep_blank_values=True))
    kept = {name: value for name, value in said.items() if name not in ("signature", _CERTIFICATE)}
    return Envelope(
        serial=said.get("orderId", ""),
        nonce=secrets.token_hex(16),
        is_signed="merId" in said and is_signed(institution, said),
        read=partial(_as_it_is, kept),
    )


def _as_it_is(said: dict[str, str]) -> dict[str, Any]:
    return dict(said)


def _digest(params: Mapping[str, str]) -> bytes:
    """What is signed: the SHA-256 of the parameters in hexadecimal digits."""
    return hashlib.sha256(signing.form_text(params)).hexdigest().encode()


def _about_card(card: str, holder: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in holder.items() if name != "phoneNo"}
    if "phoneNo" in holder:
        plain["encryptedInfo"] = encrypted(f"phoneNo={holder['phoneNo']}")
    text = "{" + "&".join(f"{name}={value}" for name, value in plain.items()) + "}"
    return {
        "encryptCertId": settings.UNIONPAY_ENCRYPT_CERT_ID,
        "accNo": encrypted(card),
        "customerInfo": base64.b64encode(text.encode()).decode(),
    }


def encrypted(text: str) -> str:
    """What only UnionPay can read (RSA, PKCS#1 v1.5, as the protocol has it)."""
    key = signing.public_key(settings.UNIONPAY_ENCRYPT_KEY_FILE)
    return base64.b64encode(key.encrypt(text.encode(), padding.PKCS1v15())).decode()
