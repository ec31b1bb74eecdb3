from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.masking import mask_card
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.funding import Funder


class PartnerAccount(StatefulModel):
    """The account that a partner is settled with through, kept by the bank with `bank_number` in the clearing (CNAPS).

    A partner has one in force; those before it stay (see lending.partner_accounts).
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waiting for a second person")
        IN_FORCE = "in_force", _("in force")
        REPLACED = "replaced", _("replaced by another")
        REFUSED = "refused", _("refused")

    partner = models.ForeignKey(Funder, models.PROTECT, related_name="accounts", verbose_name=_("funding partner"))
    status: Any = status_field(Status, Status.PROPOSED)
    account_number = EncryptedTextField(_("account number"))
    bank_number = models.CharField(_("bank's number in the clearing"), max_length=14)

    class Meta:
        verbose_name = _("account of a partner")
        verbose_name_plural = _("accounts of partners")
        permissions = [
            ("propose_partner_account", "Can propose accounts of partners"),
            ("approve_partner_account", "Can put proposed accounts of partners in force"),
        ]
        constraints = [
            status_constraint("lending_partner_account_status", "proposed", "in_force", "replaced", "refused"),
            *(
                models.UniqueConstraint(
                    fields=["partner"], condition=models.Q(status=status), name=f"lending_partner_account_{status}_once"
                )
                for status in ("proposed", "in_force")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.masked_number}"

    @property
    def masked_number(self) -> str:
        """The account number as pages may show it."""
        return mask_card(self.account_number)

    @transition(source=Status.PROPOSED, target=Status.IN_FORCE)
    def put_in_force(self, *, by: str, why: str) -> None:
        """The next settlement goes through it."""

    @transition(source=Status.IN_FORCE, target=Status.REPLACED)
    def replace(self, *, by: str, why: str) -> None:
        """Another is in force."""

    @transition(source=Status.PROPOSED, target=Status.REFUSED)
    def refuse(self, *, by: str, why: str) -> None:
        """It shall not be."""
