from django.db import models
from django.utils.translation import gettext_lazy as _

from debt_collection.models.case import CollectionCase


class ContactAttempt(models.Model):
    """One reminder of a case: planned by the strategy on a business date, then sent outside the quiet hours or
    dropped.
    """

    class Outcome(models.TextChoices):
        PLANNED = "planned", _("planned")
        SENT = "sent", _("sent")
        NOT_NEEDED = "not_needed", _("not needed any more")

    case = models.ForeignKey(CollectionCase, models.PROTECT, related_name="contacts", verbose_name=_("case"))
    business_date = models.DateField(_("planned for"))
    template = models.CharField(_("message"), max_length=60)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, default=Outcome.PLANNED)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        constraints = [
            # One reminder a day is far below the lawful limit, and makes the day close harmless to repeat.
            models.UniqueConstraint(fields=["case", "business_date"], name="debt_collection_one_reminder_a_day"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case} {self.business_date}"
