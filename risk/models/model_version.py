import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.transitions import StatefulModel, status_constraint, status_field, transition


class ModelVersion(StatefulModel):
    """A trained model: what training wrote, word for word, and how far it has come on its way to deciding.

    The database refuses any change of what was trained, and deletion: decisions are replayed from it.
    """

    class Kind(models.TextChoices):
        SCORECARD = "scorecard", _("points scorecard")
        GBM = "gbm", _("boosted trees")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waiting for a second person")
        APPROVED = "approved", _("approved")

    name = models.CharField(_("name"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    status: Any = status_field(Status, Status.DRAFT)
    document = models.TextField(_("document"))
    digest = models.CharField(_("digest"), max_length=64)
    data_sha256 = models.CharField(_("SHA-256 of the data"), max_length=64)
    trained_at = models.DateTimeField(_("trained (real time)"))

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        permissions = [
            ("propose_modelversion", "Can propose model versions"),
            ("approve_modelversion", "Can approve model versions"),
        ]
        constraints = [
            status_constraint("risk_model_version_status", "draft", "proposed", "approved"),
            models.CheckConstraint(condition=models.Q(kind__in=["scorecard", "gbm"]), name="risk_model_version_kind"),
            models.UniqueConstraint(fields=["name", "version"], name="risk_model_version_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Name and version, as decisions and commands call it."""
        return f"{self.name}-{self.version}"

    @property
    def stated(self) -> dict[str, Any]:
        """The document as data."""
        return dict(json.loads(self.document))

    @transition(source=Status.DRAFT, target=Status.PROPOSED)
    def propose(self, *, by: str, why: str) -> None:
        """Laid before a second person."""

    @transition(source=Status.PROPOSED, target=Status.APPROVED)
    def approve(self, *, by: str, why: str) -> None:
        """A second person found it fit to be tried, and then to decide: risk.model_turns says which does."""

    @transition(source=Status.PROPOSED, target=Status.DRAFT)
    def send_back(self, *, by: str, why: str) -> None:
        """Not yet, or never."""
