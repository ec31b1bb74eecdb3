"""How messages with WeChat Pay (APIv3) are written, signed and encrypted: the request's signature in its Authorization,
the answer's and the notice's in headers, names under their public key (RSA-OAEP), notices under a shared secret
(AES-256-GCM).
"""

import base64
import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest

from core import signing
from core.institutions import Institution
from core.models import ExternalMessage
from core.outbound import Answer, Envelope, SignedClient, is_fresh, parsed
from core.problems import Problem
from payments.channels.base import notice_unreadable

SCHEME = "WECHATPAY2-SHA256-RSA2048"
ALGORITHM = "AEAD_AES_256_GCM"


class WechatClient(SignedClient):
    """Calls to the merchant API."""

    def send(self, path: str, content: dict[str, Any], *, name: str, serial: str) -> Answer:
        """Send `content` and, encrypted, the payee's `name`, if there is one."""
        encrypted = {"user_name": encrypt(self.institution, name)} if name else {}
        body = json.dumps({**content, **encrypted}, ensure_ascii=False)
        return self.call("POST", path, body, recorded={**content, "user_name": name}, serial=serial)

    def headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        """The signature is in the Authorization; the key is named whose signature and decryption we want."""
        return self._signed(message, message.path, body)

    def file_headers(self, message: ExternalMessage, url: str) -> dict[str, str]:
        """Files are given to the merchant only."""
        return self._signed(message, httpx.URL(url).raw_path.decode(), "")

    def _signed(self, message: ExternalMessage, target: str, body: str) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": authorization(message, target, body),
            "Wechatpay-Serial": settings.WECHAT_PUBLIC_KEY_ID,
        }

    def is_signed(self, response: httpx.Response) -> bool:
        """Whether WeChat Pay signed its answer, just now."""
        body = response.content.decode(errors="replace")
        return is_signed(self.institution, response.headers, body)


def authorization(message: ExternalMessage, target: str, body: str) -> str:
    """Our signature of a request to `target` (path and query), with all that is needed to verify it."""
    timestamp = str(int(message.at.timestamp()))
    key = signing.private_key(settings.WECHAT_KEY_FILE)
    said = {
        "mchid": settings.WECHAT_MERCHANT_ID,
        "nonce_str": message.nonce,
        "signature": signing.sign(key, message.method, target, timestamp, message.nonce, body),
        "timestamp": timestamp,
        "serial_no": settings.WECHAT_MERCHANT_KEY_SERIAL,
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in said.items())


def is_signed(institution: Institution, headers: Any, body: str) -> bool:
    """Whether the headers of an answer or a notice hold WeChat Pay's fresh signature of its body, by the key that we
    know.
    """
    timestamp, nonce = headers.get("Wechatpay-Timestamp", ""), headers.get("Wechatpay-Nonce", "")
    if headers.get("Wechatpay-Serial") != settings.WECHAT_PUBLIC_KEY_ID or not nonce or not is_fresh(timestamp):
        return False
    key = signing.public_key(institution.public_key_file)
    return signing.is_signed(key, headers.get("Wechatpay-Signature", ""), timestamp, nonce, body)


def encrypt(institution: Institution, text: str) -> str:
    """Personal data as only WeChat Pay can read it."""
    # The protocol's own choice; SHA-1 in OAEP is not the weakness that it is in signatures (RFC 8017, B.1).
    sha1 = hashes.SHA1()  # noqa: S303
    oaep = padding.OAEP(mgf=padding.MGF1(sha1), algorithm=sha1, label=None)
    return base64.b64encode(signing.public_key(institution.public_key_file).encrypt(text.encode(), oaep)).decode()


def open_notice(institution: Institution, request: HttpRequest, body: str) -> Envelope:
    """A notice. Each delivery of it is signed anew, with a nonce of its own."""
    try:
        serial = str(parsed(body).get("id", ""))
    except Problem:
        serial = ""
    return Envelope(
        serial=serial,
        nonce=request.headers.get("Wechatpay-Nonce", ""),
        is_signed=is_signed(institution, request.headers, body),
        read=partial(_read, body),
    )


def _read(body: str) -> dict[str, Any]:
    """The notice with its resource decrypted. Raises Problem."""
    notice = parsed(body)
    try:
        resource = notice["resource"]
        if resource["algorithm"] != ALGORITHM:
            raise ValueError(resource["algorithm"])
        return {**notice, "resource": parsed(_decrypted(resource))}
    except (KeyError, TypeError, ValueError, AttributeError, InvalidTag):
        raise notice_unreadable() from None


def _decrypted(resource: dict[str, Any]) -> str:
    plain = AESGCM(_apiv3_key(settings.WECHAT_APIV3_KEY_FILE)).decrypt(
        resource["nonce"].encode(),
        base64.b64decode(resource["ciphertext"], validate=True),
        (resource.get("associated_data") or "").encode(),
    )
    return plain.decode()


@cache
def _apiv3_key(path: Path) -> bytes:
    """Raises FileNotFoundError."""
    return path.read_text().strip().encode()
