import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.transitions import StatefulModel, status_constraint, status_field, transition


class Alert(StatefulModel):
    """Something that somebody should look at: one row from its first raising until it is over (see core.alerts)."""

    class Severity(models.IntegerChoices):
        NOTICE = 1, _("notice")
        WARNING = 2, _("warning")
        CRITICAL = 3, _("critical")

    class Status(models.TextChoices):
        OPEN = "open", _("nobody has it yet")
        ACKNOWLEDGED = "acknowledged", _("somebody sees to it")
        CLEARED = "cleared", _("over")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("reference"), max_length=100)
    status: Any = status_field(Status, Status.OPEN)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    facts = models.JSONField(_("facts"))
    raised_at = models.DateTimeField(_("raised (real time)"))
    last_raised_at = models.DateTimeField(_("last raised (real time)"))
    telling = models.CharField(_("newest telling"), max_length=20, blank=True)
    owner = models.CharField(_("owner"), max_length=100, blank=True)
    silent_until = models.DateTimeField(_("silent until (real time)"), null=True)
    cleared_at = models.DateTimeField(_("over since (real time)"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            status_constraint("core_alert_status", "open", "acknowledged", "cleared"),
            models.CheckConstraint(condition=models.Q(severity__in=[1, 2, 3]), name="core_alert_severity"),
            models.UniqueConstraint(
                fields=["kind", "key"], condition=~models.Q(status="cleared"), name="core_alert_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def silence(self) -> dt.timedelta:
        """How much longer nobody is to be told of it; zero when it was not silenced."""
        return max(self.silent_until - clock.real_now(), dt.timedelta()) if self.silent_until else dt.timedelta()

    @transition(source=[Status.OPEN, Status.ACKNOWLEDGED], target=Status.ACKNOWLEDGED)
    def acknowledge(self, *, by: str, why: str, silent_until: dt.datetime | None) -> None:
        """Somebody sees to it, and is its owner from now on."""
        self.owner, self.silent_until = by, silent_until

    @transition(source=[Status.OPEN, Status.ACKNOWLEDGED], target=Status.CLEARED)
    def end(self, *, by: str, why: str) -> None:
        """What it warned of is over."""
        self.cleared_at = clock.real_now()
