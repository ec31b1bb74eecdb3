"""Dealing with open differences: an officer takes one, proposes what shall come of it, a second person agrees.

Either it is explained and nothing is posted, or our books follow the institution's: the difference goes to fees, where
it is one of fees, and else to suspense until it is known whose it is. What two people settled, two people can take
back: the difference is open again, and the entry that it brought is posted the other way round.
"""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals, clock
from core.models import Approval
from core.problems import Problem
from payments import ledger
from payments.chart import AccountKind, account
from payments.locked_days import day_locked, is_locked
from payments.models import Difference, DifferenceKind, ReconciledDay

PROPOSE = "payments.resolve_difference"
APPROVE = "payments.approve_difference"
EXPLAIN, ADJUST, UNMATCH = "explain", "adjust", "unmatch"
PURPOSE = "adjustment"


def take(*, officer: User, difference: Difference) -> None:
    """Become the owner of an open difference. Raises Problem: not_permitted (403), wrong_state (409)."""
    actor = roles.actor(officer, PROPOSE)
    with transaction.atomic(durable=True):
        difference.take(by=actor, why="sees to it")


def propose(*, officer: User, difference: Difference, verb: str, why: str) -> None:
    """Propose to EXPLAIN an open difference, to ADJUST our books to it, or to UNMATCH one that people settled.

    Raises Problem: not_permitted (403), reason_missing, already_proposed, nothing_to_adjust, wrong_state, day_locked
    (all 409).
    """
    actor = roles.actor(officer, PROPOSE)
    with transaction.atomic(durable=True):
        difference.lock()
        _require_state(difference, verb)
        if pending(difference):
            raise Problem("already_proposed", _("This waits for a second person already."), status=409)
        if verb == ADJUST and not difference.gap:
            message = _("Both records have the same effect on our cash: explain the difference instead.")
            raise Problem("nothing_to_adjust", message, status=409)
        approvals.propose(difference, verb, by=actor, why=why)


def approve(*, officer: User, difference: Difference, why: str) -> None:
    """The second person's yes: the difference is settled as was proposed, its entry posted.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, nothing_proposed, wrong_state (both 409).
    """
    actor = roles.actor(officer, APPROVE)
    with transaction.atomic(durable=True):
        _lock_day(difference)
        difference.lock()
        proposal, adjusted = _proposed(difference), _adjusted(difference)
        _require_state(difference, proposal.verb)
        approvals.approve(difference, proposal.verb, by=actor, why=why)
        if proposal.verb == UNMATCH:
            difference.reopen(by=actor, why=proposal.why)
            _undo(difference, adjusted)
            return
        difference.resolve(by=actor, why=proposal.why)
        if proposal.verb == ADJUST:
            _post(_key(difference, proposal), difference, proposed_entry(difference))


def refuse(*, officer: User, difference: Difference, why: str) -> None:
    """The second person's no, or the first one's second thought.

    Raises Problem: not_permitted (403), reason_missing, nothing_proposed (409).
    """
    actor = roles.actor(officer, PROPOSE, APPROVE)
    with transaction.atomic(durable=True):
        difference.lock()
        approvals.refuse(difference, _proposed(difference).verb, by=actor, why=why)


def let_go(difference: Difference, *, by: str, why: str) -> None:
    """The records agree now: the difference is cleared, and what was proposed or posted about it is taken back. Part
    of the open transaction. One that was explained stays as it is.
    """
    difference.lock()
    if difference.status == Difference.Status.OPEN:
        if proposal := pending(difference):
            approvals.refuse(difference, proposal.verb, by=by, why=why)
        difference.clear(by=by, why=why)
    elif adjusted := _adjusted(difference):
        if proposal := pending(difference):
            approvals.refuse(difference, proposal.verb, by=by, why=why)
        _undo(difference, adjusted)
        difference.clear(by=by, why=why)


def pending(difference: Difference) -> Approval | None:
    """What waits for a second person about this difference."""
    found = (approvals.pending(difference, verb) for verb in (EXPLAIN, ADJUST, UNMATCH))
    return next((proposal for proposal in found if proposal), None)


def proposed_entry(difference: Difference) -> list[ledger.Line]:
    """The entry that brings our cash to the institution's figure (yuan); empty where both have the same."""
    gap = difference.gap
    if not gap:
        return []
    cash = account(AccountKind.CHANNEL_CASH, channel=difference.channel)
    lines = [ledger.debit(cash, abs(gap)), ledger.credit(_against(difference), abs(gap))]
    return lines if gap > Decimal(0) else ledger.reversed_lines(lines)


def _lock_day(difference: Difference) -> None:
    """Before the difference, as reconciliation does: who is just closing the day waits, and sees what was reopened."""
    for day in ReconciledDay.objects.filter(date=difference.date, channel=difference.channel):
        day.lock()


def _undo(difference: Difference, adjusted: Approval | None) -> None:
    """Post what an adjustment posted the other way round; nothing where there was none."""
    if adjusted:
        _post(f"{_key(difference, adjusted)}:undone", difference, ledger.reversed_lines(proposed_entry(difference)))


def _adjusted(difference: Difference) -> Approval | None:
    """What made our books follow the institution's, if that is how the difference was settled."""
    settled = Approval.of(difference).filter(status=Approval.Status.APPROVED).order_by("pk").last()
    return settled if settled and settled.verb == ADJUST else None


def _key(difference: Difference, proposal: Approval) -> str:
    """A difference that comes again may be adjusted again."""
    return f"adjustment:{difference.pk}:{proposal.pk}"


def _post(key: str, difference: Difference, entries: list[ledger.Line]) -> None:
    ledger.post(
        key=key,
        business_date=clock.today(),
        purpose=PURPOSE,
        reference=difference.out_trade_no,
        entries=entries,
    )


def _against(difference: Difference) -> str:
    if difference.kind == DifferenceKind.FEE_MISMATCH:
        return account(AccountKind.CHANNEL_FEES, channel=difference.channel)
    return account(AccountKind.SUSPENSE)


def _proposed(difference: Difference) -> Approval:
    proposal = pending(difference)
    if proposal is None:
        raise Problem("nothing_proposed", _("Nothing waits for a second person here."), status=409)
    return proposal


def _require_state(difference: Difference, verb: str) -> None:
    """Open differences are settled; settled ones are opened again, while their day is not locked."""
    if verb != UNMATCH and difference.status != Difference.Status.OPEN:
        raise Problem("wrong_state", _("This difference is settled already."), status=409)
    if verb == UNMATCH and difference.status != Difference.Status.RESOLVED:
        raise Problem("wrong_state", _("Only what people have settled can be opened again."), status=409)
    if verb == UNMATCH and is_locked(difference.date, difference.channel):
        raise day_locked()
