from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """What was known of a customer from one refresh to the next that found something changed (see risk.profiles).

    The present one has no end. Written by refreshes alone, in bulk.
    """

    customer_serial = models.CharField(_("customer"), max_length=20)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)
    features = models.JSONField(_("features"))
    behaviour = models.JSONField(_("behaviour"))
    exposure = models.JSONField(_("exposure"))

    class Meta:
        verbose_name = _("customer profile")
        verbose_name_plural = _("customer profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["customer_serial"], condition=Q(until__isnull=True), name="risk_profile_one_present"
            ),
            models.UniqueConstraint(fields=["customer_serial", "since"], name="risk_profile_once"),
        ]

    def __str__(self) -> str:
        return self.customer_serial


class ProfileDue(models.Model):
    """A customer whose profile is to be looked at again. Gone once that is done."""

    customer_serial = models.CharField(primary_key=True, max_length=20)

    def __str__(self) -> str:
        return self.customer_serial


class ProfileRefresh(models.Model):
    """One refresh of all profiles: what changed before it began is in them once it has ended. Real time."""

    mark = models.DateTimeField(_("for"), unique=True)
    began_at = models.DateTimeField(_("began"))
    began_at_business = models.DateTimeField(_("began (business time)"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    customers = models.PositiveIntegerField(_("customers looked at"))

    class Meta:
        verbose_name = _("refresh of profiles")
        verbose_name_plural = _("refreshes of profiles")

    def __str__(self) -> str:
        return f"{self.mark:%Y-%m-%d %H:%M}"
