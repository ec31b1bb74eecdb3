from django.db import models
from django.utils.translation import gettext_lazy as _


class Unmasking(models.Model):
    """One look at a personal datum in clear: whose, which, by whom and why. Append-only in the database."""

    model = models.CharField(_("model"), max_length=100)
    object_id = models.CharField(_("object"), max_length=40)
    field = models.CharField(_("field"), max_length=60)
    actor = models.CharField(_("by"), max_length=100)
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("unmasking")
        verbose_name_plural = _("unmaskings")
        indexes = [models.Index(fields=["model", "object_id"])]
