"""The watch over the models whose turn it is: what the database holds must be what was trained."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import actors, alerts
from core.alerts import Severity
from risk import model_turns, model_versions
from risk.models import ModelVersion
from risk.scoring import ScorecardAltered

ALTERED = "model_altered"
WATCHER = actors.system("watching")


def register() -> None:
    """Called once, when the app is ready."""
    alerts.register(
        ALTERED,
        title=_("Model altered"),
        sentence=_(
            "The model %(version)s in the database is not the one that was trained, so that nothing is decided by it:"
            " let another version decide, and find out who altered it."
        ),
    )


@transaction.atomic
def look() -> None:
    """Raise an alert for the champion or the challenger where it was altered; end it where it is whole again."""
    for turn in model_turns.in_force():
        if turn:
            _check(ModelVersion.objects.get(pk=turn.version_id))


def _check(version: ModelVersion) -> None:
    try:
        model_versions.served(version.document, version.digest)
    except ScorecardAltered:
        alerts.raise_alert(ALTERED, version.label, severity=Severity.CRITICAL, version=version.label)
    else:
        alerts.clear(ALTERED, version.label, by=WATCHER, why="the model is whole")
