from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from core import clock
from core.fields import EncryptedTextField


class Message(models.Model):
    """Something we told a customer, in the customer's language, in the app and (most of them) by SMS."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages")
    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    # what is told once; the serial number where nothing was given
    key = models.CharField(_("reference"), max_length=100)
    template = models.CharField(_("template"), max_length=60)
    language = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=100)
    text = EncryptedTextField(_("text"))
    by_sms = models.BooleanField(_("by SMS"))
    created_at = models.DateTimeField(_("written"), default=clock.now)
    sms_accepted_at = models.DateTimeField(_("accepted by the SMS gateway"), null=True)
    gateway_serial = models.CharField(_("gateway's serial number"), max_length=64, blank=True)
    read_at = models.DateTimeField(_("read in the app"), null=True)

    class Meta:
        verbose_name = _("message to a customer")
        verbose_name_plural = _("messages to customers")
        indexes = [models.Index(fields=["customer", "-id"])]
        constraints = [models.UniqueConstraint(fields=["customer", "key"], name="accounts_message_once")]

    def __str__(self) -> str:
        return self.serial
