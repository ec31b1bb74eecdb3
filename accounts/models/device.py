from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.origin import Channel
from core import clock
from core.fields import BlindIndexField, EncryptedTextField


class Device(models.Model):
    """A browser or a phone, known only by the keyed hash of its fingerprint. Several people may use one."""

    fingerprint_index = models.CharField(_("device fingerprint"), max_length=64, unique=True)
    first_seen_at = models.DateTimeField(_("first seen"), default=clock.real_now)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return self.fingerprint_index[:12]


class SignIn(models.Model):
    """One attempt to sign in, good or bad."""

    class Outcome(models.TextChoices):
        REGISTERED = "registered", _("registered")
        SIGNED_IN = "signed_in", _("signed in")
        WRONG_CODE = "wrong_code", _("wrong code")
        CODE_EXPIRED = "code_expired", _("code expired")
        SWITCHED_OFF = "switched_off", _("account switched off")
        PROOF_NEEDED = "proof_needed", _("more proof asked for")
        WRONG_PROOF = "wrong_proof", _("wrong proof")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="sign_ins")
    mobile_index = models.CharField(max_length=64, db_index=True)
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="sign_ins")
    ip = EncryptedTextField(_("address"), blank=True)
    ip_index = BlindIndexField(source="ip", purpose="ip", db_index=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    place = models.CharField(_("place"), max_length=60, blank=True)  # accounts.places
    signs = models.JSONField(_("what is odd"), default=list)  # accounts.device_signs
    at = models.DateTimeField(_("time"), default=clock.real_now)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.user or '-'} {self.outcome}"
