from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.card_number import bank_name
from accounts.models.customer import Customer
from accounts.models.identity_check import IdentityCheck
from core import clock
from core.fields import BlindIndexField, EncryptedTextField


class BankCard(models.Model):
    """A debit card that the four-element check has shown to be the customer's own."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="cards")
    number = EncryptedTextField(_("card number"))
    number_index = BlindIndexField(source="number", purpose="card", db_index=True)
    reserved_mobile = EncryptedTextField(_("mobile reserved with the bank"))
    bin = models.CharField(_("BIN"), max_length=6)
    bank = models.CharField(_("bank"), max_length=10)
    last_four = models.CharField(_("last four digits"), max_length=4)
    identity_check = models.OneToOneField(IdentityCheck, on_delete=models.PROTECT, related_name="card")
    verified_at = models.DateTimeField(_("verified"), default=clock.now)

    class Meta:
        verbose_name = _("bank card")
        verbose_name_plural = _("bank cards")
        constraints = [
            models.UniqueConstraint(fields=["customer", "number_index"], name="accounts_card_once_a_customer")
        ]

    def __str__(self) -> str:
        return f"{self.bank_name} {self.masked_number}"

    @property
    def bank_name(self) -> str:
        """The bank, in the active language."""
        return bank_name(self.bank)

    @property
    def masked_number(self) -> str:
        """The number as pages may show it."""
        return f"**** {self.last_four}"
