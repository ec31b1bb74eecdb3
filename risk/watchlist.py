"""The watchlist: traces put on it and taken off it, by people who say why."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import clock
from core.crypto import blind_index
from core.problems import Problem
from core.transactions import require_transaction
from risk.facts import TraceKind
from risk.models import Decision, WatchlistEntry

ADD = "risk.add_watchlistentry"
DEACTIVATE = "risk.change_watchlistentry"
# What of a confirmed fraud is watched for. An identity may be stolen from somebody who will apply one day: a person
# looks. Network address, home and employer are shared by the innocent.
FED = {
    str(TraceKind.DEVICE): WatchlistEntry.Action.BLOCK,
    str(TraceKind.MOBILE): WatchlistEntry.Action.BLOCK,
    str(TraceKind.CARD): WatchlistEntry.Action.BLOCK,
    str(TraceKind.PICTURE): WatchlistEntry.Action.WATCH,
    str(TraceKind.ID_NUMBER): WatchlistEntry.Action.WATCH,
}


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
                index=blind_index(TraceKind(kind).purpose, value),
                action=action,
                why=why.strip(),
                added_by=actor,
                added_at=clock.now(),
            )
    except IntegrityError as twice:
        raise Problem("already_listed", _("This is already on the list."), field="value", status=409) from twice


def feed(decision: Decision, *, by: str, why: str) -> None:
    """Put what a confirmed fraud came with on the list, as part of the caller's transaction. `by` has decided so.

    What is on it already stays as it is.
    """
    require_transaction("feeding the watchlist")
    now = clock.now()
    WatchlistEntry.objects.bulk_create(
        (
            WatchlistEntry(kind=kind, index=index, action=FED[kind], why=why, added_by=by, added_at=now)
            for kind, index in decision.traces.order_by("id").values_list("kind", "index")
            if kind in FED
        ),
        ignore_conflicts=True,
    )


def deactivate(*, entry: WatchlistEntry, officer: User, why: str) -> None:
    """Take an entry off the list. Raises Problem: not_permitted, reason_missing, wrong_state."""
    actor = roles.actor(officer, DEACTIVATE)
    if not why.strip():
        raise Problem("reason_missing", _("Say why this is taken off the list."), field="why")
    with transaction.atomic(durable=True):
        entry.deactivate(by=actor, why=why.strip())
