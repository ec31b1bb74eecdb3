"""The layers against fraud, run before the score: watchlist, velocity, rings, documents, device. Pure.

Each speaks by hits with a code, a severity and what it saw. What they need to know of other applicants was counted
before (risk.lookups) and is part of the inputs, so that a replay sees what the decision saw.
"""

from collections.abc import Iterator

from risk.facts import Hit, Inputs, Severity
from risk.policy import Policy

# A watchlist entry's action → what it does.
WATCHLIST = {"block": Severity.DECLINE, "watch": Severity.REVIEW}

# How the ID card picture stands (accounts.Document.Status, or "missing") → what it means.
ID_CARD = {
    "differs": Hit("ID_CARD_DIFFERS", Severity.REVIEW),
    "unreadable": Hit("ID_CARD_UNREADABLE", Severity.REVIEW),
    "stored": Hit("ID_CARD_NOT_READ", Severity.REVIEW),
    "missing": Hit("ID_CARD_MISSING", Severity.REVIEW),
}


def _watchlist(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    for match in inputs.watchlist:
        yield Hit("WATCHLIST", WATCHLIST[match.action], match.kind)


def _velocity(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    for rule in policy.velocity:
        others = inputs.velocity.get(rule.code, 0)
        if others > rule.more_than:
            yield Hit(rule.code, rule.severity, str(others))


def _ring(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    ring = inputs.ring
    if ring is None or policy.rings is None:
        return
    for rule in policy.rings.rules:
        if ring.size >= rule.members and ring.across >= rule.across and len(ring.kinds) >= rule.kinds:
            yield Hit(rule.code, rule.severity, f"{ring.size} / {ring.across} / {' '.join(ring.kinds)}")
            return


def _id_card(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if hit := ID_CARD.get(inputs.applicant.id_card_check):
        yield hit


def _income_proof(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    """An income that its proof does not support is for a person to look at, never a refusal; a proof that could not be
    read says nothing, and what an earlier one showed still holds."""
    declared, proven = inputs.applicant.monthly_income, inputs.applicant.proven_income
    if policy.income_tolerance is None or proven is None:
        return
    if declared > proven * (1 + policy.income_tolerance):
        yield Hit("INCOME_NOT_SUPPORTED", Severity.REVIEW, f"{declared} / {proven}")


def _device_signs(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    for code in inputs.applicant.device_signs:
        yield Hit(code, policy.device_signs.get(code, Severity.NOTE))


def _new_device(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    """A weak signal only: everybody's first application comes from a device that is new to us."""
    age = inputs.applicant.device_age_hours
    if age is None:
        yield Hit("DEVICE_UNKNOWN", Severity.NOTE)
    elif age < policy.new_device_hours:
        yield Hit("DEVICE_NEW", Severity.NOTE, str(age))


LAYERS = (_watchlist, _velocity, _ring, _id_card, _income_proof, _device_signs, _new_device)


def check(inputs: Inputs, policy: Policy) -> list[Hit]:
    """The hits of every layer."""
    return [hit for layer in LAYERS for hit in layer(inputs, policy)]
