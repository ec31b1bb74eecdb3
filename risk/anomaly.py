"""An application whose answers seldom come together: a weak signal only. Pure.

It is noted, and beside another weak sign that the policy names it goes to a person. It never declines, and alone it
changes nothing: most rare applications are honest.
"""

from collections.abc import Mapping

from risk import rarity
from risk.facts import Hit, Severity
from risk.features import Feature
from risk.policy import Policy
from risk.rarity import Rare
from risk.scoring import ScorecardAltered


def rarity_of(features: Mapping[str, Feature], policy: Policy) -> Rare | None:
    """How rare the application is, by the tables that the policy names; None under a policy that names none.

    Raises ScorecardAltered when the tables are not those that the policy was written for.
    """
    if policy.anomaly is None:
        return None
    tables = rarity.load(policy.anomaly.model)
    if tables.digest != policy.anomaly.digest:
        raise ScorecardAltered(f"{tables.label} is not what {policy.label} names")
    return tables.evaluate(features)


def check(rare: Rare | None, hits: list[Hit], policy: Policy) -> list[Hit]:
    """What rarity says beside the hits of the layers against fraud."""
    named = policy.anomaly
    if rare is None or named is None or rare.bits < named.from_bits:
        return []
    noted = Hit("UNUSUAL", Severity.NOTE, f"{rare.bits:g} / {' '.join(rare.pair)}")
    beside = [hit.code for hit in hits if hit.code in named.beside]
    return [noted, Hit("UNUSUAL_AND_SIGN", Severity.REVIEW, " ".join(beside))] if beside else [noted]
