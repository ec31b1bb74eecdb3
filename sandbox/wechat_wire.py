"""WeChat Pay's APIv3 as it is written: who signed what, names for its eyes only, notices for the merchant's only."""

import base64
import json
import re
import secrets
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from sandbox import checks, signing
from sandbox.exchange import Exchange, Manner, Reply, target_of
from sandbox.faults import Fault, Misfortune
from sandbox.world import World

CODE = "wechat"
MERCHANT = "1900000001"
MERCHANT_KEY_SERIAL = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012026010100000000000001"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
ASSOCIATED_DATA = "mch_payment"
_SAID = re.compile(r'(\w+)="([^"]*)"')
# Its own words for what all the sandbox's institutions refuse.
_WORDS = {"INVALID_PARAMETER": "PARAM_ERROR", "BAD_SIGNATURE": "SIGN_ERROR"}


def nonce(world: World, request: Request, raw: str) -> str:
    """The nonce of a request that the merchant signed just now; of any other, nothing."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    given = dict(_SAID.findall(said))
    timestamp, found = given.get("timestamp", ""), given.get("nonce_str", "")
    known = (given.get("mchid"), given.get("serial_no")) == (MERCHANT, MERCHANT_KEY_SERIAL)
    if scheme != SCHEME or not known or not signing.is_fresh(timestamp):
        return ""
    if request.headers.get("Wechatpay-Serial", PUBLIC_KEY_ID) != PUBLIC_KEY_ID:
        return ""
    parts = (request.method, target_of(request), timestamp, found, raw)
    return found if world.partner.has_signed(given.get("signature", ""), *parts) else ""


def stamp(world: World, body: str, *, spoiled: bool) -> dict[str, str]:
    """The headers that sign `body`; `spoiled` ones sign another."""
    timestamp, unique = str(int(time.time())), secrets.token_hex(16)
    signed = signing.signed_text(timestamp, unique, body + " " if spoiled else body)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": unique,
        "Wechatpay-Signature": signing.sign(world.keys[CODE], signed),
        "Wechatpay-Signature-Type": SCHEME,
        "Wechatpay-Serial": PUBLIC_KEY_ID,
    }


def dress(world: World, exchange: Exchange, reply: Reply, misfortune: Misfortune) -> Response:
    """An answer and its signature."""
    said = reply.body
    if said.get("code") in _WORDS:
        said = {**said, "code": _WORDS[said["code"]]}
    body = json.dumps(said, ensure_ascii=False)
    headers = stamp(world, body, spoiled=misfortune.fault is Fault.BAD_SIGNATURE)
    return Response(body, reply.status, headers, media_type="application/json")


def decrypted(world: World, text: str) -> str:
    """A name that was encrypted under our public key. Raises Refusal."""
    sha1 = hashes.SHA1()  # noqa: S303 - as the protocol has it
    oaep = padding.OAEP(mgf=padding.MGF1(sha1), algorithm=sha1, label=None)
    try:
        return world.keys[CODE].decrypt(base64.b64decode(text, validate=True), oaep).decode()
    except ValueError:
        raise checks.invalid("user_name", "must be encrypted under our public key") from None


def encrypted(world: World, text: str) -> dict[str, str]:
    """The resource of a notice, under the secret that the merchant has too."""
    key = (world.settings.keys / signing.WECHAT_APIV3_KEY).read_bytes()
    unique = secrets.token_hex(6)
    cipher = AESGCM(key).encrypt(unique.encode(), text.encode(), ASSOCIATED_DATA.encode())
    return {
        "original_type": ASSOCIATED_DATA,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(cipher).decode(),
        "nonce": unique,
        "associated_data": ASSOCIATED_DATA,
    }


MANNER = Manner(nonce, dress)
