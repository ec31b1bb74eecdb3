from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from core import clock
from core.fields import BlindIndexField, EncryptedTextField
from core.transitions import StatefulModel, status_field, transition


class IdentityCheck(StatefulModel):
    """One question to the identity authority: do name, ID number, card and the bank's mobile belong together?

    Only AGREED verifies. CANNOT_CHECK is no answer about the person, nor is ASKING, and neither counts as a
    wrong attempt.
    """

    class Status(models.TextChoices):
        ASKING = "asking", _("asking")
        AGREED = "agreed", _("agrees")
        DISAGREED = "disagreed", _("disagrees")
        CANNOT_CHECK = "cannot_check", _("cannot be checked")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="identity_checks")
    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    status: Any = status_field(Status, Status.ASKING)
    name = EncryptedTextField(_("name"))
    id_number = EncryptedTextField(_("ID number"))
    id_number_index = BlindIndexField(source="id_number", purpose="id_number", db_index=True)
    card_number = EncryptedTextField(_("card number"))
    card_number_index = BlindIndexField(source="card_number", purpose="card")
    reserved_mobile = EncryptedTextField(_("mobile reserved with the bank"))
    authority_serial = models.CharField(_("authority's serial number"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("identity check")
        verbose_name_plural = _("identity checks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["asking", "agreed", "disagreed", "cannot_check"]),
                name="accounts_identity_check_status",
            )
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.ASKING, target=Status.AGREED)
    def agree(self, *, by: str, why: str, authority_serial: str) -> None:
        """The authority said yes."""
        self._answered(authority_serial)

    @transition(source=Status.ASKING, target=Status.DISAGREED)
    def disagree(self, *, by: str, why: str, authority_serial: str) -> None:
        """The authority said no."""
        self._answered(authority_serial)

    @transition(source=Status.ASKING, target=Status.CANNOT_CHECK)
    def give_up(self, *, by: str, why: str, authority_serial: str = "") -> None:
        """The authority could not say, or its answer was lost."""
        self._answered(authority_serial)

    def _answered(self, authority_serial: str) -> None:
        self.authority_serial = authority_serial
        self.answered_at = clock.now()
