from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from accounts.models.device import Device
from accounts.origin import Channel
from core import clock


class Purpose(models.TextChoices):
    """What personal data may be used for, each agreed to by itself."""

    PRIVACY_POLICY = "privacy_policy", _("rules of processing personal data")
    SENSITIVE_DATA = "sensitive_data", _("sensitive data: ID card, bank card, income")
    IDENTITY_CHECK = "identity_check", _("real-name check with the identity authority")
    CREDIT_REPORT = "credit_report", _("credit report query")
    FUNDER_SHARING = "funder_sharing", _("sharing with the funding partner")
    LENDER_SHARING = "lender_sharing", _("asking and answering other lenders about multiple borrowing")
    DEDUCTION = "deduction", _("automatic deduction of what is due from the bank card")
    MARKETING = "marketing", _("news and offers")


class ConsentText(models.Model):
    """One version of what a customer is asked to agree to. A later one asks again; none is edited."""

    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField(_("version"))
    essential = models.BooleanField(_("the service cannot be given without it"))
    title_zh = models.CharField(_("title (Chinese)"), max_length=100)
    title_en = models.CharField(_("title (English)"), max_length=100)
    body_zh = models.TextField(_("text (Chinese)"))
    body_en = models.TextField(_("text (English)"))

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="accounts_consent_text_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"

    @property
    def title(self) -> str:
        """The title in the active language."""
        return self.title_en if _english() else self.title_zh

    @property
    def body(self) -> str:
        """The text in the active language."""
        return self.body_en if _english() else self.body_zh


class Consent(models.Model):
    """That a customer agreed to one text, when and from where; and, once withdrawn, when and from where."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    language = models.CharField(_("language read"), max_length=10)
    given_at = models.DateTimeField(_("given"), default=clock.now)
    given_channel = models.CharField(_("given by"), max_length=10, choices=Channel.choices)
    given_device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    withdrawn_channel = models.CharField(_("withdrawn by"), max_length=10, choices=Channel.choices, blank=True)

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "text"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="accounts_consent_active_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.text}"


def _english() -> bool:
    return (get_language() or "").startswith("en")
