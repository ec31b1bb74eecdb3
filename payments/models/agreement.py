from django.db import models
from django.utils.translation import gettext_lazy as _


class DeductionAgreement(models.Model):
    """By it a channel may deduct from a card, which is known here by the keyed hash of its number only. `serial` is our
    number of the signing, `number` the institution's of the agreement.
    """

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    channel = models.CharField(_("channel"), max_length=30)
    card_index = models.CharField(max_length=64, editable=False)
    number = models.CharField(_("agreement number"), max_length=64)
    signed_at = models.DateTimeField(_("signed"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("deduction agreement")
        verbose_name_plural = _("deduction agreements")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "card_index"],
                condition=models.Q(ended_at__isnull=True),
                name="payments_agreement_standing",
            )
        ]

    def __str__(self) -> str:
        return self.serial
