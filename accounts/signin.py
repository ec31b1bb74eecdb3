"""Customers sign in by mobile and a one-time SMS code; who is new is registered by it.

Times here are real time: a moved business clock must not keep a code alive.
"""

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import customers, device_signs, identity, places
from accounts.devices import device_of
from accounts.identity import FourElements
from accounts.mobile_number import clean_mobile
from accounts.models import Customer, SignIn, SmsCode, User
from accounts.origin import Origin
from accounts.turns import wait_turn
from core import clock
from core.crypto import blind_index, token_hash
from core.institutions import institution
from core.outbound import Answer, Outcome, SignedClient
from core.problems import Problem
from core.serials import Serial, next_serial

CODE_DIGITS = 6
CODE_LIFE = dt.timedelta(minutes=5)
MAX_WRONG_ATTEMPTS = 5
RESEND_AFTER = dt.timedelta(seconds=60)
MAX_CODES_A_DAY = 10  # to one mobile
MAX_CODES_AN_HOUR = 100  # from one address: many customers share one behind a carrier's NAT


@dataclass(frozen=True)
class SignedIn:
    """Who has signed in, and whether this was the first time."""

    customer: Customer
    registered: bool

    @property
    def user(self) -> User:
        """The user of the customer."""
        return self.customer.user


def send_code(*, mobile: str, origin: Origin) -> None:
    """Send a sign-in code by SMS. Calls the gateway, so not inside a transaction.

    Raises Problem: mobile_invalid, too_many_codes (429, with `retry_after` seconds), sms_unavailable (503).
    """
    mobile = clean_mobile(mobile)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    sms_code = _issue(mobile, code, origin)
    text = _("%(code)s is your sign-in code. It is valid for 5 minutes. Tell it to nobody; we never ask for it.")
    answer = _deliver(sms_code.serial, mobile, text % {"code": code})
    if answer.ok:
        return
    if answer.outcome is not Outcome.UNKNOWN:
        sms_code.delete()  # nothing was sent: asking again at once is no abuse
    message = gettext_lazy("The code could not be sent just now. Try again in a minute.")
    raise Problem("sms_unavailable", message, status=503)


def verify_code(*, mobile: str, code: str, origin: Origin, proof: FourElements | None = None) -> SignedIn:
    """Sign in with the last code sent to `mobile`; register whoever is new.

    A sign-in that is too odd (device_signs.needs_proof) asks for the four elements too; the code stays good for that.
    Raises Problem: mobile_invalid, code_wrong, code_expired, account_switched_off (403), proof_needed (403),
    proof_wrong. Each attempt leaves a SignIn row.
    """
    mobile = clean_mobile(mobile)
    with transaction.atomic(durable=True):
        index = blind_index("mobile", mobile)
        wait_turn(f"sign-in {index}")
        customer = Customer.objects.select_related("user").filter(user__mobile_index=index).first()
        device, place = device_of(origin), places.of(origin.ip)
        journey = device_signs.of_journey(customer, place, clock.real_now()) if customer else ()
        signs = (*origin.signs, *journey)
        doubted = customer is not None and device_signs.needs_proof(customer, device, signs)
        customer, outcome = _try_code(customer, mobile, index, code.strip(), _Demand(doubted, proof))
        SignIn.objects.create(
            user=customer.user if customer else None,
            mobile_index=index,
            device=device,
            ip=origin.ip,
            channel=origin.channel,
            outcome=outcome,
            place=place.name if place else "",
            signs=list(signs),
        )
    if outcome not in {SignIn.Outcome.REGISTERED, SignIn.Outcome.SIGNED_IN}:
        raise _refusal(outcome)
    assert customer is not None
    return SignedIn(customer, registered=outcome == SignIn.Outcome.REGISTERED)


@transaction.atomic(durable=True)
def _issue(mobile: str, code: str, origin: Origin) -> SmsCode:
    index = blind_index("mobile", mobile)
    wait_turn(f"sign-in {index}")
    now = clock.real_now()
    ip_index = blind_index("ip", origin.ip)
    _require_patience(index, ip_index, now)
    return SmsCode.objects.create(
        serial=next_serial(Serial.MESSAGE),
        mobile_index=index,
        ip_index=ip_index,
        code_hash=_hash(index, code),
        sent_at=now,
        expires_at=now + CODE_LIFE,
    )


def _require_patience(mobile_index: str, ip_index: str, now: dt.datetime) -> None:
    """Raise Problem when this mobile or this address has had enough codes for now."""
    day = SmsCode.objects.filter(mobile_index=mobile_index, sent_at__gt=now - dt.timedelta(days=1))
    last = day.order_by("-sent_at").first()
    if last and (wait := last.sent_at + RESEND_AFTER - now) > dt.timedelta():
        seconds = int(wait.total_seconds()) + 1
        message = _("A code was sent a moment ago. Ask for another in %(seconds)s seconds.") % {"seconds": seconds}
        raise Problem("too_many_codes", message, field="mobile", status=429, retry_after=seconds)
    hour = SmsCode.objects.filter(ip_index=ip_index, sent_at__gt=now - dt.timedelta(hours=1))
    if day.count() >= MAX_CODES_A_DAY or hour.count() >= MAX_CODES_AN_HOUR:
        message = _("Too many codes were asked for. Try again later.")
        raise Problem("too_many_codes", message, field="mobile", status=429, retry_after=3600)


def _deliver(serial: str, mobile: str, text: str) -> Answer:
    """Hand the SMS to the gateway; once more when the answer was lost, which its serial number makes safe."""
    client = SignedClient(institution("sms"))
    payload = {"serial": serial, "mobile": mobile, "text": text}
    answer = client.post("/sms/v1/messages", payload, serial=serial)
    if answer.outcome is Outcome.UNKNOWN:
        answer = client.post("/sms/v1/messages", payload, serial=serial)
    return answer


@dataclass(frozen=True)
class _Demand:
    """Whether more than the code is asked for, and what was given."""

    doubted: bool
    proof: FourElements | None

    def unmet_by(self, customer: Customer) -> SignIn.Outcome | None:
        """What is said to a customer with the right code, if that is not enough."""
        if not self.doubted:
            return None
        if self.proof is None:
            return SignIn.Outcome.PROOF_NEEDED
        return None if identity.is_proven(customer, self.proof) else SignIn.Outcome.WRONG_PROOF


def _try_code(
    customer: Customer | None, mobile: str, index: str, code: str, demand: _Demand
) -> tuple[Customer | None, SignIn.Outcome]:
    """Use up the code, and register whoever is new; on failure count the attempt."""
    sms_code = SmsCode.objects.select_for_update().filter(mobile_index=index).order_by("-sent_at").first()
    if sms_code is None or not _is_usable(sms_code):
        return customer, SignIn.Outcome.CODE_EXPIRED
    if not hmac.compare_digest(sms_code.code_hash, _hash(index, code)):
        sms_code.wrong_attempts += 1
        sms_code.save(update_fields=["wrong_attempts"])
        return customer, SignIn.Outcome.WRONG_CODE
    if customer and (unmet := demand.unmet_by(customer)):
        if unmet == SignIn.Outcome.WRONG_PROOF:
            sms_code.wrong_attempts += 1
            sms_code.save(update_fields=["wrong_attempts"])
        return customer, unmet
    sms_code.used_at = clock.real_now()
    sms_code.save(update_fields=["used_at"])
    if customer is None:
        return customers.register(mobile=mobile, language=get_language() or ""), SignIn.Outcome.REGISTERED
    return customer, SignIn.Outcome.SIGNED_IN if customer.user.is_active else SignIn.Outcome.SWITCHED_OFF


def _is_usable(sms_code: SmsCode) -> bool:
    fresh = sms_code.used_at is None and clock.real_now() < sms_code.expires_at
    return fresh and sms_code.wrong_attempts < MAX_WRONG_ATTEMPTS


def _refusal(outcome: SignIn.Outcome) -> Problem:
    if outcome == SignIn.Outcome.WRONG_CODE:
        return Problem("code_wrong", gettext_lazy("This code is not right. Check the last SMS we sent."), field="code")
    if outcome == SignIn.Outcome.CODE_EXPIRED:
        return Problem(
            "code_expired", gettext_lazy("This code can no longer be used. Ask for a new one."), field="code"
        )
    if outcome == SignIn.Outcome.PROOF_NEEDED:
        message = gettext_lazy("You sign in from a new device, far from the last time. Show that it is you.")
        return Problem("proof_needed", message, status=403)
    if outcome == SignIn.Outcome.WRONG_PROOF:
        message = gettext_lazy("This is not what you were verified with. Check the ID card and the bank card.")
        return Problem("proof_wrong", message, field="id_number")
    message = gettext_lazy("This account is switched off. Call our service line.")
    return Problem("account_switched_off", message, status=403)


def _hash(mobile_index: str, code: str) -> str:
    return token_hash(f"{mobile_index}:{code}")
