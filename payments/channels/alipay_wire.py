"""How messages with Alipay are written and signed: RSA2 (RSA with SHA-256) over sorted parameters, answers as they
stand, notices as forms.
"""

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from django.conf import settings
from django.http import HttpRequest

from core import clock, signing
from core.institutions import Institution
from core.models import ExternalMessage
from core.outbound import Answer, Envelope, SignedClient, parsed

GATEWAY = "/gateway.do"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# A notice is delivered up to eight times in 25 hours.
NOTICE_SECONDS = 26 * 3600
FORM = "application/x-www-form-urlencoded;charset=utf-8"


class AlipayClient(SignedClient):
    """Calls to the gateway."""

    def ask(self, method: str, content: dict[str, Any], *, serial: str, notify_url: str = "") -> Answer:
        """Call `method` with `content`; the body of the answer is what is said under the method's own name (empty
        when the gateway itself refused).
        """
        params = {
            "app_id": settings.ALIPAY_APP_ID,
            "method": method,
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": clock.real_now().astimezone(clock.BUSINESS_ZONE).strftime(TIME_FORMAT),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
        }
        if notify_url:
            params["notify_url"] = notify_url
        body = urlencode({**params, "sign": sign(params)})
        answer = self.call("POST", GATEWAY, body, recorded={**params, "biz_content": content}, serial=serial)
        said = answer.body.get(_node(method))
        return Answer(answer.outcome, answer.status, said if isinstance(said, dict) else {})

    def headers(self, message: ExternalMessage, body: str) -> dict[str, str]:
        """The signature is among the parameters."""
        return {"Content-Type": FORM} if body else {}

    def is_signed(self, response: httpx.Response) -> bool:
        """Whether the one object beside the signature is signed, byte for byte as it came."""
        try:
            text, signature = signed_part(response.content.decode())
        except ValueError:
            return False
        key = signing.public_key(self.institution.public_key_file)
        return signing.are_bytes_signed(key, signature, text.encode())


def sign(params: Mapping[str, str]) -> str:
    """Our signature of `params`."""
    return signing.sign_bytes(signing.private_key(settings.ALIPAY_KEY_FILE), signing.form_text(params))


def signed_part(text: str) -> tuple[str, str]:
    """The signed object of an answer as it stands there, and the signature. Raises ValueError for an answer of any
    other form than `{"<name>": {…}, "sign": "…"}`, in which something unsigned could hide.
    """
    decoder = json.JSONDecoder()
    whole = decoder.decode(text)
    if not isinstance(whole, dict) or len(whole) != 2 or not isinstance(whole.get("sign"), str):
        raise ValueError("not an answer of Alipay")
    [name] = set(whole) - {"sign"}
    start = text.index(":", text.index(json.dumps(name)) + len(json.dumps(name))) + 1
    start += len(text[start:]) - len(text[start:].lstrip())
    said, end = decoder.raw_decode(text, start)
    if said != whole[name]:
        raise ValueError("not an answer of Alipay")
    return text[start:end], whole["sign"]


def open_notice(institution: Institution, request: HttpRequest, body: str) -> Envelope:
    """A notice. Deliveries of one notice are alike, so that a repeated one is known by its `notify_id` alone and is
    answered as the first was.
    """
    form = dict(parse_qsl(body, keep_blank_values=True))
    return Envelope(
        serial=form.get("notify_id", ""),
        nonce=secrets.token_hex(16),
        is_signed=_notice_is_signed(institution, form),
        read=partial(_read, form),
    )


def _notice_is_signed(institution: Institution, form: dict[str, str]) -> bool:
    signed = {name: value for name, value in form.items() if name not in ("sign", "sign_type")}
    key = signing.public_key(institution.public_key_file)
    ours = form.get("app_id") == settings.ALIPAY_APP_ID and form.get("sign_type") == "RSA2"
    return ours and _is_recent(form) and signing.are_bytes_signed(key, form.get("sign", ""), signing.form_text(signed))


def _is_recent(form: dict[str, str]) -> bool:
    milliseconds = form.get("utc_timestamp", "")
    if not milliseconds.isascii() or not milliseconds.isdigit():
        return False
    return abs(clock.real_now().timestamp() - int(milliseconds) / 1000) <= NOTICE_SECONDS


def _read(form: dict[str, str]) -> dict[str, Any]:
    return {**form, "biz_content": parsed(form.get("biz_content", ""))}


def _node(method: str) -> str:
    return f"{method.replace('.', '_')}_response"
