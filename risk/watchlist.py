"""The watchlist: traces put on it and taken off it, by people who say why."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.crypto import blind_index
from core.problems import Problem
from risk.facts import TraceKind
from risk.models import WatchlistEntry

ADD = "risk.add_watchlistentry"
DEACTIVATE = "risk.change_watchlistentry"


def add(*, kind: str, value: str, action: str, why: str, officer: User) -> WatchlistEntry:
    """Put a value on the list; only its keyed hash is kept. A device is given by its fingerprint.

    Raises Problem: not_permitted, kind_unknown, value_missing, reason_missing, already_listed.
    """
    actor = roles.actor(officer, ADD)
    if kind not in set(TraceKind) or action not in WatchlistEntry.Action.values:
        raise Problem("kind_unknown", _("Say what is to be watched, and what is to happen."), field="kind")
    if not value.strip():
        raise Problem("value_missing", _("Give the number, fingerprint or address."), field="value")
    if not why.strip():
        raise Problem("reason_missing", _("Say why this is put on the list."), field="why")
    try:
        with transaction.atomic():
            return WatchlistEntry.objects.create(
                kind=kind,
                index=blind_index(kind, value),
                action=action,
                why=why.strip(),
                added_by=actor,
                added_at=clock.now(),
            )
    except IntegrityError as twice:
        raise Problem("already_listed", _("This is already on the list."), field="value", status=409) from twice


def deactivate(*, entry: WatchlistEntry, officer: User, why: str) -> None:
    """Take an entry off the list. Raises Problem: not_permitted, reason_missing, wrong_state."""
    actor = roles.actor(officer, DEACTIVATE)
    if not why.strip():
        raise Problem("reason_missing", _("Say why this is taken off the list."), field="why")
    with transaction.atomic(durable=True):
        entry.deactivate(by=actor, why=why.strip())
