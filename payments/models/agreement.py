from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.transitions import StatefulModel, status_constraint, status_field, transition


class DeductionAgreement(StatefulModel):
    """By it a channel may deduct from a card, which is known here by the keyed hash of its number only. `serial` is our
    number of the signing, `number` the institution's of the agreement.
    """

    class Status(models.TextChoices):
        STANDING = "standing", _("standing")
        ENDING = "ending", _("taken back, being ended at the institution")
        ENDED = "ended", _("ended")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    status: Any = status_field(Status, Status.STANDING)
    channel = models.CharField(_("channel"), max_length=30)
    card_index = models.CharField(max_length=64, editable=False)
    number = models.CharField(_("agreement number"), max_length=64)
    signed_at = models.DateTimeField(_("signed"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("deduction agreement")
        verbose_name_plural = _("deduction agreements")
        constraints = [
            status_constraint("payments_agreement_status", "standing", "ending", "ended"),
            models.CheckConstraint(
                condition=models.Q(status="ended") ^ models.Q(ended_at__isnull=True), name="payments_agreement_ended_at"
            ),
            models.UniqueConstraint(
                fields=["channel", "card_index"],
                condition=models.Q(status="standing"),
                name="payments_agreement_standing",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.STANDING, target=Status.ENDING)
    def take_back(self, *, by: str, why: str) -> None:
        """Its holder wants it no more: nothing is deducted by it, and the institution is told."""

    @transition(source=[Status.STANDING, Status.ENDING], target=Status.ENDED)
    def end(self, *, by: str, why: str) -> None:
        """The institution knows it no more."""
        self.ended_at = clock.now()
