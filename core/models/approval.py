from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.transitions import StatefulModel, status_constraint, status_field, transition


class Approval(StatefulModel):
    """What one person proposes and another decides: on which row, what, who, when and why (see core.approvals)."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waiting for a second person")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    model = models.CharField(_("model"), max_length=100)
    object_id = models.CharField(_("object"), max_length=40)
    verb = models.CharField(_("action"), max_length=60)
    status = status_field(Status, Status.PROPOSED)
    authors = models.JSONField(_("authors"))
    proposed_by = models.CharField(_("proposed by"), max_length=100)
    proposed_at = models.DateTimeField(_("proposed (real time)"))
    why = models.TextField(_("reason"))
    decided_by = models.CharField(_("decided by"), max_length=100, blank=True)
    decided_at = models.DateTimeField(_("decided (real time)"), null=True)
    decision_why = models.TextField(_("reason of the decision"), blank=True)

    class Meta:
        verbose_name = _("four-eyes approval")
        verbose_name_plural = _("four-eyes approvals")
        constraints = [
            status_constraint("core_approval_status", "proposed", "approved", "refused"),
            models.UniqueConstraint(
                fields=["model", "object_id", "verb"],
                condition=models.Q(status="proposed"),
                name="core_one_open_approval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.model} {self.object_id}"

    @classmethod
    def of(cls, subject: models.Model) -> models.QuerySet[Any]:
        """All that was proposed about one row, oldest first."""
        return cls.objects.filter(model=subject._meta.label, object_id=str(subject.pk)).order_by("id")

    @transition(source=Status.PROPOSED, target=Status.APPROVED)
    def approve(self, *, by: str, why: str) -> None:
        """A second person agrees. The database refuses any of the authors."""
        self._decided(by, why)

    @transition(source=Status.PROPOSED, target=Status.REFUSED)
    def refuse(self, *, by: str, why: str) -> None:
        """It shall not be; an author may say so too."""
        self._decided(by, why)

    def _decided(self, by: str, why: str) -> None:
        self.decided_by, self.decided_at, self.decision_why = by, clock.real_now(), why
