from django.db import models
from django.utils.translation import gettext_lazy as _


class ExternalMessage(models.Model):
    """One message to or from an institution, recorded whole with personal data masked, and what became of it."""

    class Direction(models.TextChoices):
        OUT = "out", _("to the institution")
        IN = "in", _("from the institution")

    class Signature(models.TextChoices):
        NONE = "none", _("none")
        GOOD = "good", _("good")
        BAD = "bad", _("bad")

    institution = models.CharField(_("institution"), max_length=30)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    serial = models.CharField(_("serial number"), max_length=64, db_index=True)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("address"), max_length=300)
    nonce = models.CharField(max_length=64)
    body = models.TextField(_("request"))
    at = models.DateTimeField(_("time"))
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    answer_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    answer_body = models.TextField(_("answer"), blank=True)
    signature = models.CharField(_("signature"), max_length=4, choices=Signature.choices, default=Signature.NONE)
    error = models.CharField(_("error"), max_length=300, blank=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True)

    class Meta:
        verbose_name = _("message with an institution")
        verbose_name_plural = _("messages with institutions")
        constraints = [
            # A replayed callback cannot be taken in twice.
            models.UniqueConstraint(
                fields=["institution", "nonce"],
                condition=models.Q(direction="in", signature="good"),
                name="core_message_nonce_once",
            )
        ]
