from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.transitions import StatefulModel, status_constraint, status_field, transition


class ReconciledDay(StatefulModel):
    """One day of one channel, reconciled at least once. Locked, people reconcile it no more."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        LOCKED = "locked", _("locked")

    status: Any = status_field(Status, Status.OPEN)
    channel = models.CharField(_("channel"), max_length=30)
    date = models.DateField(_("day"))

    class Meta:
        verbose_name = _("reconciled day")
        verbose_name_plural = _("reconciled days")
        permissions = [
            ("lock_day", _("Can lock a reconciled day")),
            ("unlock_day", _("Can agree to unlock a reconciled day")),
        ]
        constraints = [
            status_constraint("payments_reconciled_day_status", "open", "locked"),
            models.UniqueConstraint(fields=["channel", "date"], name="payments_reconciled_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.date}"

    @transition(source=Status.OPEN, target=Status.OPEN)
    def rerun(self, *, by: str, why: str) -> None:
        """It is compared once more."""

    @transition(source=Status.OPEN, target=Status.LOCKED)
    def close(self, *, by: str, why: str) -> None:
        """Nothing about it is open, and nothing shall change."""

    @transition(source=Status.LOCKED, target=Status.OPEN)
    def reopen(self, *, by: str, why: str) -> None:
        """Two people agree that it must be looked at again."""
