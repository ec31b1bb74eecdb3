"""Model versions: registered as drafts by training, found fit by two people, loaded by their label for scoring."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals, clock
from core.problems import Problem
from risk import forest, pmml, scoring
from risk.forest import Model
from risk.models import ModelVersion

PROPOSE = "risk.propose_modelversion"
APPROVE = "risk.approve_modelversion"
VERB = "approve"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LABEL = re.compile(r"(?P<name>.+)-(?P<version>[0-9]{1,6})")


def check_name(name: str) -> None:
    """Raises Problem name_invalid for a name that no model can have."""
    if not NAME.fullmatch(name):
        message = _("A model's name has up to 40 letters, digits, hyphens and underscores, and begins with a letter.")
        raise Problem("name_invalid", message, field="name")


def register(*, name: str, kind: str, trained: Mapping[str, Any]) -> ModelVersion:
    """Keep what training wrote as the next version of `name`, a draft. Raises Problem: name_invalid."""
    check_name(name)
    while True:
        version = _next_version(name)
        document = scoring.signed({"name": name, "version": version, **trained})
        try:
            with transaction.atomic():
                return ModelVersion.objects.create(
                    name=name,
                    version=version,
                    kind=kind,
                    document=json.dumps(document, ensure_ascii=False),
                    digest=document["digest"],
                    data_sha256=trained["provenance"]["sha256"],
                    trained_at=clock.real_now(),
                )
        except IntegrityError:
            if _next_version(name) == version:
                raise
            # Another training of the same name was faster: take the number after its.


def load(label: str) -> Model:
    """The model with this label, from what came with the program or from what was trained here.

    Raises Problem unknown_model (404); scoring.ScorecardAltered when it is not what training wrote.
    """
    if (scoring.SCORECARDS / f"{label}.json").is_file():
        return scoring.load(label)
    row = _row(label)
    return served(row.document, row.digest)


def as_pmml(label: str) -> str:
    """The model with this label as PMML. Raises the same as load."""
    load(label)  # refuses what was altered
    with_program = scoring.SCORECARDS / f"{label}.json"
    return pmml.written(json.loads(with_program.read_text()) if with_program.is_file() else _row(label).stated)


def _row(label: str) -> ModelVersion:
    match = _LABEL.fullmatch(label)
    row = match and ModelVersion.objects.filter(name=match["name"], version=match["version"]).first()
    if not row:
        message = _("There is no model version %(label)s. There are: %(labels)s.")
        raise Problem("unknown_model", message % {"label": label, "labels": ", ".join(_labels())}, status=404)
    return row


@cache
def served(document: str, digest: str) -> Model:
    """What a document describes. Raises scoring.ScorecardAltered when it is not what training wrote."""
    stated = json.loads(document)
    if not digest == stated["digest"] == scoring.digest_of(stated):
        raise scoring.ScorecardAltered(f"{stated['name']} was altered after training: train again as a new version")
    return forest.from_document(stated) if "trees" in stated else scoring.from_document(stated)


def propose(*, officer: User, version: ModelVersion, why: str) -> ModelVersion:
    """Lay a draft before a second person. Raises Problem: not_permitted (403), reason_missing, wrong_state (409)."""
    actor = roles.actor(officer, PROPOSE)
    with transaction.atomic(durable=True):
        version = ModelVersion.objects.get(pk=version.pk)
        version.propose(by=actor, why=why)
        approvals.propose(version, VERB, by=actor, why=why)
    return version


def approve(*, officer: User, version: ModelVersion, why: str) -> ModelVersion:
    """The second person's yes. Raises Problem: not_permitted, same_person (both 403), wrong_state (409)."""
    actor = roles.actor(officer, APPROVE)
    with transaction.atomic(durable=True):
        version = ModelVersion.objects.get(pk=version.pk)
        version.lock()
        approvals.approve(version, VERB, by=actor, why=why)
        version.approve(by=actor, why=why)
    return version


def send_back(*, officer: User, version: ModelVersion, why: str) -> ModelVersion:
    """The second person's no, or the first one's second thought. Raises Problem: not_permitted (403), wrong_state."""
    actor = roles.actor(officer, PROPOSE, APPROVE)
    with transaction.atomic(durable=True):
        version = ModelVersion.objects.get(pk=version.pk)
        version.send_back(by=actor, why=why)
        approvals.refuse(version, VERB, by=actor, why=why)
    return version


def _next_version(name: str) -> int:
    last = ModelVersion.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
    with_program = (_LABEL.fullmatch(path.stem) for path in scoring.SCORECARDS.glob(f"{name}-*.json"))
    return 1 + max([last, *(int(match["version"]) for match in with_program if match and match["name"] == name)])


def _labels() -> list[str]:
    rows = ModelVersion.objects.order_by("-trained_at")[:20]
    return [*(row.label for row in rows), *sorted(path.stem for path in scoring.SCORECARDS.glob("*.json"))]
