"""The credit policy: every number of the rules, fraud layers and prices, in versioned files with an effective date.

A version is never edited once it has decided anything: its digest is stored with each decision, and a replay with
another digest is refused. A new version is a new file in risk/policies/.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from risk.facts import Severity

POLICIES = Path(__file__).parent / "policies"


@dataclass(frozen=True)
class VelocityRule:
    """How many other customers or applications with the same trace, within some hours, are too many."""

    code: str
    trace: str
    counting: str  # "customers" or "applications"
    hours: int
    more_than: int
    severity: Severity


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
    minimum_age: int
    minimum_amount: Decimal
    maximum_amount: Decimal
    maximum_exposure: Decimal
    purposes: tuple[str, ...]
    refused_employments: tuple[str, ...]
    debt_service_review_above: Decimal
    debt_service_decline_above: Decimal
    income_proof_above: Decimal
    approve_from_points: int
    review_from_points: int
    new_device_hours: int
    velocity: tuple[VelocityRule, ...]
    instalment_share_of_income: Decimal
    limit_step: Decimal
    bands: tuple[Band, ...]
    review_hours: int
    officer_maximum_limit: Decimal

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
    amounts = ("amount", "exposure", "above", "income", "step", "limit")
    plain: dict[str, Any] = {key: Decimal(value) if key.endswith(amounts) else value for key, value in document.items()}
    plain["effective_from"] = dt.date.fromisoformat(document["effective_from"])
    plain["purposes"] = tuple(document["purposes"])
    plain["refused_employments"] = tuple(document["refused_employments"])
    plain["velocity"] = tuple(
        VelocityRule(**{**rule, "severity": Severity(rule["severity"])}) for rule in document["velocity"]
    )
    plain["bands"] = tuple(
        Band(band["name"], *(Decimal(band[key]) for key in ("pd_below", "rate_position", "income_multiple")))
        for band in document["bands"]
    )
    return Policy(digest=digest, **plain)
