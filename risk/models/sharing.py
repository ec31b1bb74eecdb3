from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent


class SharedCustomer(models.Model):
    """A customer who agrees that other lenders are answered, by the value that the oblivious function has of the ID
    number under our key. Made again when the key changes, gone when the customer no longer agrees.
    """

    customer_serial = models.CharField(_("customer"), max_length=20, unique=True)
    key_name = models.CharField(max_length=16)
    value = models.CharField(max_length=64)
    bucket = models.CharField(max_length=4)

    class Meta:
        verbose_name = _("customer in our book of tokens")
        verbose_name_plural = _("our book of tokens")
        indexes = [models.Index(fields=["bucket"], name="risk_shared_bucket", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.customer_serial


class _NeverChanged(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse()


class SharingQuery(_NeverChanged):
    """One question about somebody who is not named: ours to other lenders, or one of theirs to us. Never changed, and
    deleted after three years (risk.sharing.record). Written before it is sent, or before it is answered.
    """

    class Direction(models.TextChoices):
        OURS = "ours", _("ours, to other lenders")
        THEIRS = "theirs", _("another lender's, to us")

    class Purpose(models.TextChoices):
        """What the lenders of the exchange have agreed to ask each other for."""

        CREDIT_APPLICATION = "credit_application", _("deciding on an application for credit")

    serial = models.CharField(_("serial number"), max_length=64)
    direction = models.CharField(_("direction"), max_length=6, choices=Direction.choices)
    at = models.DateTimeField(_("time"))
    by = models.CharField(_("asked by"), max_length=100)
    purpose = models.CharField(_("purpose"), max_length=40)
    reference = models.CharField(_("reference"), max_length=20, blank=True, db_index=True)  # of ours: the application
    consent = models.ForeignKey(
        Consent, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("under this consent")
    )
    element = models.CharField(_("blinded identity"), max_length=66)
    bucket = models.CharField(_("crowd shown"), max_length=4, blank=True)

    class Meta:
        verbose_name = _("query about multiple borrowing")
        verbose_name_plural = _("queries about multiple borrowing")
        constraints = [
            models.UniqueConstraint(fields=["direction", "serial"], name="risk_sharing_query_once"),
            models.CheckConstraint(
                condition=Q(direction="theirs") | Q(consent__isnull=False) & ~Q(reference=""),
                name="risk_sharing_ours_by_consent",
            ),
        ]
        indexes = [models.Index(fields=["direction", "at"], name="risk_sharing_query_at")]

    def __str__(self) -> str:
        return self.serial


class SharingAnswer(_NeverChanged):
    """What a query was answered. Of ours: how many lenders answered, what they said together. Of theirs: how many
    tokens we gave, in which whoever asked finds what they may know.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("answered")
        UNKNOWN = "unknown", _("no answer in time")
        REFUSED = "refused", _("refused")

    query = models.OneToOneField(SharingQuery, on_delete=models.PROTECT, related_name="answer")
    at = models.DateTimeField(_("answered at"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    lenders = models.PositiveIntegerField(_("lenders that answered"), null=True)
    owed = models.PositiveIntegerField(_("of them owed"), null=True)
    applications = models.PositiveIntegerField(_("applications with them"), null=True)
    tokens = models.PositiveIntegerField(_("tokens given"), null=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"))

    class Meta:
        verbose_name = _("answer about multiple borrowing")
        verbose_name_plural = _("answers about multiple borrowing")
        indexes = [models.Index(fields=["at"], condition=Q(outcome="unknown"), name="risk_sharing_silence")]

    def __str__(self) -> str:
        return f"{self.query_id} {self.outcome}"


def _refuse() -> NoReturn:
    raise TypeError("a record of sharing is never changed, and deleted by risk.sharing.record only")
