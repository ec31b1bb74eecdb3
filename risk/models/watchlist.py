from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from risk.words import TRACE, choices


class WatchlistEntry(StatefulModel):
    """A trace (ID number, mobile, card, device, address) to be blocked or watched, known only by its keyed hash."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        INACTIVE = "inactive", _("inactive")

    class Action(models.TextChoices):
        BLOCK = "block", _("decline")
        WATCH = "watch", _("have a person look")

    kind = models.CharField(_("what"), max_length=10, choices=choices(TRACE))
    index = models.CharField(_("keyed hash"), max_length=64, editable=False)
    action = models.CharField(_("what happens"), max_length=10, choices=Action.choices)
    why = EncryptedTextField(_("why"))
    status: Any = status_field(Status, Status.ACTIVE)
    added_by = models.CharField(_("added by"), max_length=100)
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("watchlist entry")
        verbose_name_plural = _("watchlist")
        constraints = [
            status_constraint("risk_watchlist_status", "active", "inactive"),
            models.CheckConstraint(condition=models.Q(action__in=["block", "watch"]), name="risk_watchlist_action"),
            models.UniqueConstraint(
                fields=["kind", "index"], condition=models.Q(status="active"), name="risk_watchlist_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.index[:12]}"

    @transition(source=Status.ACTIVE, target=Status.INACTIVE)
    def deactivate(self, *, by: str, why: str) -> None:
        """The entry no longer counts. It stays, for the decisions that it made."""
