"""Which model version decides (the champion), which is tried beside it (the challenger), and the way back.

As long as nobody says otherwise, the scorecard that the policy names decides.
"""

from dataclasses import dataclass
from functools import cache

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.models import Approval
from core.problems import Problem
from risk import features, model_versions
from risk.forest import Model
from risk.models import ModelTurn, ModelVersion
from risk.scoring import ScorecardAltered

PUT_IN_TURN = model_versions.APPROVE
Role = ModelTurn.Role


@dataclass(frozen=True)
class Turn:
    """A version whose turn it is."""

    version_id: int
    digest: str

    def load(self) -> Model:
        """The model. Raises Problem model_altered (503) when the database holds something else than was trained."""
        return _loaded(self.version_id, self.digest)


def in_force() -> tuple[Turn | None, Turn | None]:
    """The champion (none: what the policy names) and the challenger (none: none is tried), by the last word on each."""
    turns = ModelTurn.objects.order_by("role", "-id").distinct("role")
    found = {
        role: Turn(version, digest)
        for role, version, digest in turns.values_list("role", "version_id", "version__digest")
        if version
    }
    return found.get(Role.CHAMPION), found.get(Role.CHALLENGER)


@cache
def _loaded(version_id: int, digest: str) -> Model:
    """Read and checked once a process: what has this digest has this content."""
    version = ModelVersion.objects.get(pk=version_id, digest=digest)
    try:
        return model_versions.served(version.document, version.digest)
    except ScorecardAltered:
        message = _("%(version)s was altered after training: let another version decide, and train it again.")
        raise Problem("model_altered", message % {"version": version.label}, status=503) from None


def challenge(*, officer: User, version: ModelVersion, why: str) -> ModelTurn:
    """Try an approved version beside what decides, on every decision, without effect.

    Raises Problem: not_permitted (403), not_approved, decides_already (both 409), model_inputs, model_altered,
    reason_missing.
    """
    with transaction.atomic(durable=True):
        actor, version = _checked(officer, version)
        if version.pk == _champion_id():
            raise Problem("decides_already", _("This version decides already."), status=409)
        return _put(Role.CHALLENGER, version, by=actor, why=why)


def end_challenge(*, officer: User, why: str) -> ModelTurn:
    """Nothing is tried any more. Raises Problem: not_permitted (403), reason_missing."""
    actor = roles.actor(officer, PUT_IN_TURN)
    return _put(Role.CHALLENGER, None, by=actor, why=why)


def let_decide(*, officer: User, version: ModelVersion, why: str) -> ModelTurn:
    """Make an approved version, tried as challenger, the champion: from the next decision on its score counts.

    Whoever proposed it does not, unless it has decided before. Raises Problem: not_permitted, same_person (both 403),
    not_approved, not_tried, decides_already (all 409), model_inputs, model_altered, reason_missing.
    """
    with transaction.atomic(durable=True):
        actor, version = _checked(officer, version)
        if version.pk == _champion_id():
            raise Problem("decides_already", _("This version decides already."), status=409)
        if not has_decided(version):
            _check_first_time(version, actor)
        return _crown(version, by=actor, why=why)


def go_back(*, officer: User, why: str) -> ModelTurn:
    """Let what decided before the champion decide again; that needs no second person.

    Raises Problem: not_permitted (403), nothing_before (409), model_altered, reason_missing.
    """
    actor = roles.actor(officer, PUT_IN_TURN)
    with transaction.atomic(durable=True):
        champions = ModelTurn.objects.filter(role=Role.CHAMPION).order_by("-id").select_related("version")
        turns = list(champions)
        if not turns:
            message = _("No model version has decided yet: the scorecard of the policy does.")
            raise Problem("nothing_before", message, status=409)
        before = next((turn.version for turn in turns if turn.version_id != turns[0].version_id), None)
        if before:
            Turn(before.pk, before.digest).load()
        return _crown(before, by=actor, why=why)


def has_decided(version: ModelVersion) -> bool:
    """Whether it decides, or did before."""
    return version.turns.filter(role=Role.CHAMPION).exists()


def check_inputs(model: Model) -> None:
    """Raises Problem model_inputs, naming the columns of a model that are not what every application has."""
    foreign = []
    for column in model.columns:
        if column.is_numeric and column.feature not in features.NUMBERS:
            foreign.append(column.feature)
        elif not column.is_numeric:
            known = features.WORDS.get(column.feature, frozenset())
            strange = sorted(set(column.categories or ()) - known)
            foreign += [f"{column.feature} ({', '.join(strange)})"] if strange else []
    if foreign:
        message = _(
            "%(model)s was trained on what applications do not hold: %(columns)s. It can score files, but not decide: "
            "train on the columns %(known)s."
        )
        known_columns = ", ".join([*sorted(features.NUMBERS), *sorted(features.WORDS)])
        names = {"model": model.label, "columns": ", ".join(foreign), "known": known_columns}
        raise Problem("model_inputs", message % names, field="version")


def _checked(officer: User, version: ModelVersion) -> tuple[str, ModelVersion]:
    """Who acts, and the locked version once it may have a turn."""
    actor = roles.actor(officer, PUT_IN_TURN)
    version = ModelVersion.objects.get(pk=version.pk)
    version.lock()
    if version.status != ModelVersion.Status.APPROVED:
        raise Problem("not_approved", _("A second person must approve this version first."), status=409)
    check_inputs(Turn(version.pk, version.digest).load())
    return actor, version


def _check_first_time(version: ModelVersion, actor: str) -> None:
    if not version.challenges.filter(failure="").exists():
        message = _("Try this version as challenger first: it has not scored a single application beside the champion.")
        raise Problem("not_tried", message, status=409)
    if any(actor in approval.authors for approval in Approval.of(version)):
        raise Problem("same_person", _("You had a hand in this: somebody else must decide."), status=403)


def _crown(version: ModelVersion | None, *, by: str, why: str) -> ModelTurn:
    """The champion's turn. What decides is not tried beside itself."""
    _champion, challenger = in_force()
    if version and challenger and challenger.version_id == version.pk:
        _put(Role.CHALLENGER, None, by=by, why=why)
    return _put(Role.CHAMPION, version, by=by, why=why)


def _put(role: ModelTurn.Role, version: ModelVersion | None, *, by: str, why: str) -> ModelTurn:
    if not why.strip():
        raise Problem("reason_missing", _("Say why."), field="why")
    return ModelTurn.objects.create(role=role, version=version, at=clock.now(), by=by, why=why.strip())


def _champion_id() -> int | None:
    champion, _challenger = in_force()
    return champion.version_id if champion else None
