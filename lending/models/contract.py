from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from lending.models.loan import Loan


class LoanContract(models.Model):
    """The contract as the customer accepted it: sealed by its hash and append-only, so any later change shows."""

    contract_no = models.CharField(_("contract number"), max_length=20, unique=True)
    loan = models.OneToOneField(Loan, models.PROTECT, related_name="contract", verbose_name=_("loan"))
    template_version = models.CharField(_("template version"), max_length=20)
    language = models.CharField(_("language"), max_length=10)
    text = EncryptedTextField(_("text"))
    sha256 = models.CharField(_("SHA-256 of the text"), max_length=64)
    accepted_at = models.DateTimeField(_("accepted (real time)"))
    channel = models.CharField(_("channel"), max_length=10)

    class Meta:
        verbose_name = _("loan contract")
        verbose_name_plural = _("loan contracts")

    def __str__(self) -> str:
        return self.contract_no
