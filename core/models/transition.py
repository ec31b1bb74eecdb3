from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class TransitionLog(models.Model):
    """One change of state of one row: from, to, by whom, why, when. Append-only in the database."""

    model = models.CharField(_("model"), max_length=100)
    object_id = models.CharField(_("object"), max_length=40)
    verb = models.CharField(_("action"), max_length=60)
    from_status = models.CharField(_("from"), max_length=50)
    to_status = models.CharField(_("to"), max_length=50)
    actor = models.CharField(_("by"), max_length=100)
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("real time"))
    business_at = models.DateTimeField(_("business time"))

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        indexes = [
            models.Index(fields=["model", "object_id", "id"]),
            BrinIndex(fields=["at"], name="core_transition_at", autosummarize=True),
        ]
        ordering = ["id"]

    @classmethod
    def of(cls, instance: models.Model) -> models.QuerySet[Self]:
        """The history of one row, oldest first."""
        return cls.objects.filter(model=instance._meta.label, object_id=str(instance.pk))
