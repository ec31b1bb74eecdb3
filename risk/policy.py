"""The credit policy: every number of the fraud layers and prices, in versioned files with an effective date.

A version is never edited once it has decided anything: its digest is stored with each decision, and a replay with
another digest is refused. A new version is a new file in risk/policies/.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from risk.facts import Severity

POLICIES = Path(__file__).parent / "policies"
# Named by the first policy; since then they are rows of a rule set (risk/rule_sets/rules-1.json holds the same).
MOVED_TO_RULES = {
    *("minimum_age", "purposes", "refused_employments", "debt_service_review_above", "debt_service_decline_above"),
    *("income_proof_above", "approve_from_points", "review_from_points"),
}


USUALLY = 720  # hours


@dataclass(frozen=True)
class VelocityRule:
    """How many other customers or applications with the same trace, within some hours, are too many.

    Of several traces joined by "+", others must share each. Where more than `usual` others came within the 720 hours
    before that window, such a trace is known to be busy, and the rule is silent.
    """

    code: str
    trace: str
    counting: str  # "customers" or "applications"
    hours: int
    more_than: int
    severity: Severity
    usual: int | None = None

    @property
    def reaches_back(self) -> int:
        """How many hours it looks back."""
        return self.hours if self.usual is None else self.hours + USUALLY

    @property
    def kinds(self) -> list[str]:
        """The kinds of traces that others must share."""
        return self.trace.split("+")


@dataclass(frozen=True)
class RingRule:
    """A ring with at least so many members, pairs of homes that are linked, and kinds of traces that link these."""

    code: str
    members: int
    across: int
    kinds: int
    severity: Severity


@dataclass(frozen=True)
class Rings:
    """Who is looked at for rings: applicants of the last days. A home with more of them than `family` links nobody:
    it is a dormitory or a guess. The first rule that holds speaks."""

    days: int
    family: int
    rules: tuple[RingRule, ...]


@dataclass(frozen=True)
class Anomaly:
    """By which tables (label and digest) an application counts as rare, from how many bits on, and beside which weak
    signs it goes to a person."""

    model: str
    digest: str
    from_bits: Decimal
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Band:
    """A risk band: its place in the product's range of rates (0 lowest, 1 highest), its limit in months of income."""

    name: str
    pd_below: Decimal
    rate_position: Decimal
    income_multiple: Decimal


@dataclass(frozen=True)
class Policy:
    """One version of the policy. Amounts in yuan, shares as fractions."""

    name: str
    version: int
    digest: str
    effective_from: dt.date
    scorecard: str  # the label of the scorecard that is champion under this policy
    minimum_amount: Decimal
    maximum_amount: Decimal
    maximum_exposure: Decimal
    new_device_hours: int
    velocity: tuple[VelocityRule, ...]
    instalment_share_of_income: Decimal
    limit_step: Decimal
    bands: tuple[Band, ...]
    review_hours: int
    officer_alone_limit: Decimal  # above it a second officer must agree
    officer_maximum_limit: Decimal
    rings: Rings | None = None
    anomaly: Anomaly | None = None
    device_signs: Mapping[str, Severity] = field(default_factory=dict)
    income_tolerance: Decimal | None = None  # by what share an income may be above its proof; None: not compared

    @property
    def label(self) -> str:
        """Name and version, as decisions store it."""
        return f"{self.name}-{self.version}"


def in_force(date: dt.date) -> Policy:
    """The policy of a business date: the newest that is effective by then. Raises LookupError when there is none."""
    effective = [policy for policy in _all() if policy.effective_from <= date]
    if not effective:
        raise LookupError(f"no credit policy is effective on {date}")
    return max(effective, key=lambda policy: (policy.effective_from, policy.version))


@cache
def load(label: str) -> Policy:
    """The policy with this label. Raises FileNotFoundError."""
    text = (POLICIES / f"{label}.json").read_text()
    return _from_document(json.loads(text, parse_float=Decimal), hashlib.sha256(text.encode()).hexdigest())


@cache
def _all() -> tuple[Policy, ...]:
    return tuple(load(path.stem) for path in sorted(POLICIES.glob("*.json")))


def _from_document(document: dict[str, Any], digest: str) -> Policy:
    amounts = ("amount", "exposure", "above", "income", "step", "limit", "tolerance")
    kept = {key: value for key, value in document.items() if key not in MOVED_TO_RULES}
    kept.setdefault("officer_alone_limit", document["officer_maximum_limit"])  # the first policy knew no second officer
    plain: dict[str, Any] = {key: Decimal(value) if key.endswith(amounts) else value for key, value in kept.items()}
    plain["effective_from"] = dt.date.fromisoformat(document["effective_from"])
    plain["velocity"] = tuple(
        VelocityRule(**{**rule, "severity": Severity(rule["severity"])}) for rule in document["velocity"]
    )
    if "rings" in document:
        rules = tuple(
            RingRule(**{**rule, "severity": Severity(rule["severity"])}) for rule in document["rings"]["rules"]
        )
        plain["rings"] = Rings(**{**document["rings"], "rules": rules})
    if "anomaly" in document:
        plain["anomaly"] = Anomaly(**{**document["anomaly"], "beside": tuple(document["anomaly"]["beside"])})
    plain["device_signs"] = {code: Severity(word) for code, word in document.get("device_signs", {}).items()}
    plain["bands"] = tuple(
        Band(band["name"], *(Decimal(band[key]) for key in ("pd_below", "rate_position", "income_multiple")))
        for band in document["bands"]
    )
    return Policy(digest=digest, **plain)
