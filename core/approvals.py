"""Four-eyes approval: what one person proposes takes effect only when another, who had no hand in it, agrees.

A use case that needs a second person calls `propose`, and later, in the same transaction as what then happens,
`approve`. Both rows, the proposal and its log, say who, what, when and why; the database itself refuses an approver
among the authors. Permissions are the use case's: it knows which one its decision asks for.
"""

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.models.approval import Approval
from core.problems import Problem
from core.transactions import require_transaction


def propose(subject: models.Model, verb: str, *, by: str, why: str, authors: Sequence[str] = ()) -> Approval:
    """Propose `verb` on the locked row `subject`; nobody of `authors`, nor `by`, may approve it.

    Part of a transaction. Raises Problem: reason_missing, already_proposed (409).
    """
    require_transaction("proposing")
    _require_reason(why)
    if pending(subject, verb):
        raise Problem("already_proposed", _("This waits for a second person already."), status=409)
    return Approval.objects.create(
        model=subject._meta.label,
        object_id=str(subject.pk),
        verb=verb,
        authors=sorted({by, *authors}),
        proposed_by=by,
        proposed_at=clock.real_now(),
        why=why.strip(),
    )


def approve(subject: models.Model, verb: str, *, by: str, why: str) -> Approval:
    """Agree to what was proposed on the locked row `subject`. Part of the transaction in which it then happens.

    Raises Problem: reason_missing, nothing_proposed (409), same_person (403).
    """
    _require_reason(why)
    proposal = _open(subject, verb)
    if by in proposal.authors:
        message = _("You had a hand in this: somebody else must decide.")
        raise Problem("same_person", message, status=403)
    proposal.approve(by=by, why=why.strip())
    return proposal


def refuse(subject: models.Model, verb: str, *, by: str, why: str) -> Approval:
    """Turn down, or take back, what was proposed. Raises Problem: reason_missing, nothing_proposed (409)."""
    _require_reason(why)
    proposal = _open(subject, verb)
    proposal.refuse(by=by, why=why.strip())
    return proposal


def pending(subject: models.Model, verb: str) -> Approval | None:
    """The proposal of `verb` on a row that waits for a second person, if there is one."""
    return Approval.of(subject).filter(verb=verb, status=Approval.Status.PROPOSED).first()


def _open(subject: models.Model, verb: str) -> Approval:
    proposal = pending(subject, verb)
    if proposal is None:
        raise Problem("nothing_proposed", _("Nothing waits for a second person here."), status=409)
    return proposal


def _require_reason(why: str) -> None:
    if not why.strip():
        raise Problem("reason_missing", _("Say why."), field="why")
