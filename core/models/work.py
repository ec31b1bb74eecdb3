from django.db import models
from django.utils.translation import gettext_lazy as _


class Work(models.Model):
    """Something that must happen. The row is the truth; a queue message only wakes a worker sooner.

    Worked by core.work, which alone changes it, by conditional updates: its state says where a job stands, not where a
    customer's business does, so it has no transition log.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARKED = "parked", _("parked")

    OPEN = (State.WAITING, State.RUNNING, State.PARKED)

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("reference"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(_("due"))
    lease_until = models.DateTimeField(_("leased until"), null=True)
    requests = models.PositiveIntegerField(_("requests"), default=1)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("work")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=~models.Q(state="done"), name="core_work_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running", "done", "parked"]), name="core_work_state"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["waiting", "running"]), name="core_work_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
