"""The review queue: what the machine doubts, a person claims, looks at, and decides with coded reasons."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import Customer, User
from core import approvals, audit, clock
from core.money import ZERO, format_yuan
from core.problems import Problem
from core.registry import DecisionOutcome, Handler, decision_finalised
from core.serials import Serial, next_serial
from core.transitions import wrong_state
from risk import policy, quality, stored_inputs, watchlist
from risk.facts import Outcome
from risk.models import Decision, ReviewCase
from risk.reasons import FRAUD_CONFIRMED, FRAUD_REASONS, require

DECIDE = "risk.decide_reviewcase"
REVEAL = "accounts.reveal_customer"
APPROVE = "approve"
# For so long a customer may ask for a person after the machine declined.
ASKED_WITHIN = dt.timedelta(days=30)
REVEALED = ("name", "id_number", "mobile")


def open_case(*, decision: Decision, within_hours: int, asked_by_customer: bool = False) -> ReviewCase:
    """Put a decision into the queue, as part of its transaction: the machine doubts, or the customer does."""
    now = clock.now()
    return ReviewCase.objects.create(
        serial=next_serial(Serial.REVIEW),
        decision=decision,
        reference=decision.reference,
        customer_serial=decision.customer_serial,
        asked_by_customer=asked_by_customer,
        opened_at=now,
        sla_due_at=now + dt.timedelta(hours=within_hours),
        priority=_priority(decision, asked_by_customer),
    )


def _priority(decision: Decision, asked_by_customer: bool) -> ReviewCase.Priority:
    """Before the others goes whoever uses a right, and whom a layer against fraud names: a ring goes on applying."""
    named = not FRAUD_REASONS.keys().isdisjoint(decision.reasons)
    return ReviewCase.Priority.RAISED if asked_by_customer or named else ReviewCase.Priority.ROUTINE


def may_ask_for_person(decision: Decision) -> bool:
    """Whether the customer may have a person look at a decision: the machine declined, and nobody looked yet."""
    declined = decision.by_machine and decision.outcome == Outcome.DECLINED
    recent = clock.now() - decision.decided_at <= ASKED_WITHIN
    return declined and recent and not ReviewCase.objects.filter(decision=decision).exists()


def ask_for_person(decision: Decision) -> ReviewCase:
    """Put a machine's decline into the queue because the customer asks for it, as part of the open transaction.

    Whoever is decided on by a program alone may ask for a person (Personal Information Protection Law, article 24).
    Raises Problem `no_person_now` (409).
    """
    if not may_ask_for_person(decision):
        message = _("A person has decided already, or too much time has passed: apply anew.")
        raise Problem("no_person_now", message, status=409)
    hours = policy.load(decision.policy).review_hours
    return open_case(decision=decision, within_hours=hours, asked_by_customer=True)


def claim(*, case: ReviewCase, officer: User) -> None:
    """Take an open case. Raises Problem: not_permitted, wrong_state (a rival was faster)."""
    by = roles.actor(officer, DECIDE)
    with transaction.atomic(durable=True):
        case.claim(by=by, why="claimed", at=clock.now())


def release(*, case: ReviewCase, officer: User, why: str) -> None:
    """Give a claimed case back to the queue: one's own, or any that was escalated, for who claimed it may be away.

    Raises Problem: not_permitted, claimed_by_other, wrong_state.
    """
    by = roles.actor(officer, DECIDE)
    with transaction.atomic(durable=True):
        case.lock()
        if case.priority < ReviewCase.Priority.ESCALATED:
            _require_claimed_by(case, by)
        case.release(by=by, why=why)


def approve(
    *,
    case: ReviewCase,
    officer: User,
    limit: Decimal,
    annual_rate: Decimal,
    reasons: Collection[str],
    note: str = "",
) -> Decision | None:
    """Approve a claimed case with a limit (yuan) and an annual rate (fraction), and tell whoever asked. Above what one
    officer may grant it is only proposed, and None is returned: a second one must `agree`.

    Raises Problem: not_permitted, claimed_by_other, wrong_state, reason_missing, beyond_authority, rate_out_of_range.
    """
    by = roles.actor(officer, DECIDE)
    require(reasons, Outcome.APPROVED)
    _require_authority(case, limit, annual_rate)
    if needs_second(case, limit):
        return _propose(case, by, limit, annual_rate, reasons, note)
    return _decide(case, by, Outcome.APPROVED, limit, annual_rate, reasons, note)


def needs_second(case: ReviewCase, limit: Decimal) -> bool:
    """Whether `limit` (yuan) is more than one officer alone may grant in this case."""
    return limit > policy.load(case.decision.policy).officer_alone_limit


@transaction.atomic(durable=True)
def _propose(
    case: ReviewCase, by: str, limit: Decimal, annual_rate: Decimal, reasons: Collection[str], note: str
) -> None:
    case.lock()
    _require_claimed_by(case, by)
    why = " ".join(sorted(reasons))
    case.propose(by=by, why=why, limit=limit, annual_rate=annual_rate, reasons=sorted(reasons), note=note)
    approvals.propose(case, APPROVE, by=by, why=why)


def agree(*, case: ReviewCase, officer: User, why: str) -> Decision:
    """The second officer's yes: the case is approved as it was proposed, and whoever asked is told.

    Raises Problem: not_permitted, same_person (both 403), reason_missing, nothing_proposed, wrong_state (both 409).
    """
    by = roles.actor(officer, DECIDE)
    asker = decision_finalised.handler(case.decision.subject)
    with transaction.atomic(durable=True):
        asker.lock(case.reference)
        case.lock()
        approvals.approve(case, APPROVE, by=by, why=why)
        assert case.proposed_limit is not None
        assert case.proposed_rate is not None
        grant = (case.proposed_limit, case.proposed_rate, case.proposed_reasons)
        return _conclude(case, asker, _write(case.decision, by, Outcome.APPROVED, *grant), note=case.note)


def send_back(*, case: ReviewCase, officer: User, why: str) -> None:
    """The second officer's no, or the first one's second thought: the case is again with who claimed it.

    Raises Problem: not_permitted (403), reason_missing, nothing_proposed (409).
    """
    by = roles.actor(officer, DECIDE)
    with transaction.atomic(durable=True):
        case.lock()
        approvals.refuse(case, APPROVE, by=by, why=why)
        case.send_back(by=by, why=why)


def decline(*, case: ReviewCase, officer: User, reasons: Collection[str], note: str = "") -> Decision:
    """Decline a claimed case, and tell whoever asked. Confirmed fraud feeds the watchlist.

    Raises Problem: not_permitted, claimed_by_other, wrong_state, reason_missing.
    """
    by = roles.actor(officer, DECIDE)
    require(reasons, Outcome.DECLINED)
    return _decide(case, by, Outcome.DECLINED, ZERO, Decimal(0), reasons, note)


def reveal(*, case: ReviewCase, officer: User, field: str, why: str) -> str:
    """The applicant's name, ID number or mobile in clear; the look is recorded.

    Raises Problem: not_permitted, reason_missing.
    """
    by = roles.actor(officer, REVEAL)
    if field not in REVEALED:
        raise Problem("field_unknown", _("There is nothing of that name to see."), field="field")
    customer = applicant_of(case)
    return audit.reveal(customer.user if field == "mobile" else customer, field, by=by, why=why)


def applicant_of(case: ReviewCase) -> Customer:
    """The customer whose case this is."""
    return Customer.objects.select_related("user").get(serial=case.customer_serial)


def _decide(
    case: ReviewCase,
    by: str,
    outcome: Outcome,
    limit: Decimal,
    annual_rate: Decimal,
    reasons: Collection[str],
    note: str,
) -> Decision:
    asker = decision_finalised.handler(case.decision.subject)
    with transaction.atomic(durable=True):
        asker.lock(case.reference)
        case.lock()
        _require_claimed_by(case, by)
        decision = _write(case.decision, by, outcome, limit, annual_rate, reasons)
        if FRAUD_CONFIRMED in reasons:
            watchlist.feed(case.decision, by=by, why=f"{FRAUD_CONFIRMED} {case.serial}")
        return _conclude(case, asker, decision, note=note)


def _conclude(case: ReviewCase, asker: Handler[DecisionOutcome], decision: Decision, *, note: str) -> Decision:
    """Close a locked case with a person's decision, and tell whoever asked."""
    verb = case.approve if decision.outcome == Outcome.APPROVED else case.decline
    verb(by=decision.decided_by, why=" ".join(decision.reasons), decision=decision, note=note, at=decision.decided_at)
    asker.apply(outcome_of(decision))
    quality.draw(case)
    return decision


def _write(
    basis: Decision, by: str, outcome: Outcome, limit: Decimal, annual_rate: Decimal, reasons: Collection[str]
) -> Decision:
    return Decision.objects.create(
        serial=next_serial(Serial.DECISION),
        subject=basis.subject,
        reference=basis.reference,
        customer_serial=basis.customer_serial,
        basis=basis,
        decided_by=by,
        decided_at=clock.now(),
        outcome=str(outcome),
        limit=limit,
        annual_rate=annual_rate,
        reasons=sorted(reasons),
    )


def outcome_of(decision: Decision) -> DecisionOutcome:
    """A decision as the registry announces it."""
    return DecisionOutcome(
        decision_serial=decision.serial,
        reference=decision.reference,
        outcome=decision.outcome,
        limit=decision.limit,
        annual_rate=decision.annual_rate,
        reasons=tuple(decision.reasons),
        decided_by=decision.decided_by,
    )


def amount_of(case: ReviewCase) -> Decimal:
    """What was asked for, in yuan."""
    return Decimal(case.decision.inputs["request"]["amount"])


def proposed_limit(case: ReviewCase) -> Decimal:
    """The machine's proposal in yuan, as far as an officer may grant it."""
    return min(case.decision.limit, highest_limit(case))


def highest_limit(case: ReviewCase) -> Decimal:
    """The most that an officer may grant in this case: authority, product and exposure together."""
    rules = policy.load(case.decision.policy)
    inputs = stored_inputs.load(case.decision.inputs)
    left = rules.maximum_exposure - inputs.applicant.exposure
    return min(rules.officer_maximum_limit, inputs.request.maximum_amount, rules.maximum_amount, left)


def _require_authority(case: ReviewCase, limit: Decimal, annual_rate: Decimal) -> None:
    rules, request = policy.load(case.decision.policy), stored_inputs.load(case.decision.inputs).request
    highest = highest_limit(case)
    if not rules.minimum_amount <= limit <= highest:
        message = _("Your authority here reaches from %(lowest)s to %(highest)s.") % {
            "lowest": format_yuan(rules.minimum_amount),
            "highest": format_yuan(highest),
        }
        raise Problem("beyond_authority", message, field="limit", status=403)
    if not request.minimum_rate <= annual_rate <= request.maximum_rate:
        message = _("The product's annual rate lies between %(lowest)s and %(highest)s.") % {
            "lowest": f"{request.minimum_rate:.2%}",
            "highest": f"{request.maximum_rate:.2%}",
        }
        raise Problem("rate_out_of_range", message, field="annual_rate")


def _require_claimed_by(case: ReviewCase, by: str) -> None:
    if case.status != ReviewCase.Status.CLAIMED:
        raise wrong_state(case, "decide")
    if case.claimed_by != by:
        raise Problem("claimed_by_other", _("Another officer has claimed this case."), status=409)
