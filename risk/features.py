"""Features of the scorecard: ratios, so that figures in another currency or another year teach the same thing.

Pure. The same functions make the features of the training rows and those of an applicant.
"""

from decimal import Decimal

from risk.facts import Applicant, CreditRequest, Elsewhere, Employment, Housing, Ring

FOUR_PLACES = Decimal("0.0001")

Feature = float | str | None

_HOUSING = {"owner": Housing.OWNER, "rent": Housing.RENT, "parents": Housing.PARENTS}
_EMPLOYMENT = {
    "fixed": Employment.FIXED,
    "freelance": Employment.FREELANCE,
    "part_time": Employment.PART_TIME,
}
# What every application has, numbers and words: make_features makes these. A model of anything else cannot decide.
NUMBERS = frozenset({"employment_years", "amount_to_income", "expenses_to_income", "term_months"})
WORDS = {
    "employment": frozenset({*map(str, _EMPLOYMENT.values()), str(Employment.OTHER)}),
    "housing": frozenset({*map(str, _HOUSING.values()), str(Housing.OTHER)}),
}


def features_of(applicant: Applicant, request: CreditRequest) -> dict[str, Feature]:
    """The features of one application."""
    return make_features(
        employment=applicant.employment,
        employment_years=applicant.employment_years,
        housing=applicant.housing,
        income=applicant.monthly_income,
        expenses=applicant.monthly_expenses,
        amount=request.amount,
        term_months=request.term_months,
    )


def ring_features(ring: Ring | None) -> dict[str, Feature]:
    """The ring's size and density; nothing where no ring was looked for. Kept and watched, no part of the score."""
    return {} if ring is None else {"ring_size": float(ring.size), "ring_density": float(ring.density)}


def elsewhere_features(elsewhere: Elsewhere | None) -> dict[str, Feature]:
    """What other lenders said; nothing where they did not. Kept and watched, no part of the score."""
    if elsewhere is None or elsewhere.owed is None or elsewhere.applications is None:
        return {}
    return {"lenders_elsewhere": float(elsewhere.owed), "applications_elsewhere": float(elsewhere.applications)}


def make_features(
    *,
    employment: str,
    employment_years: int,
    housing: str,
    income: Decimal | None,
    expenses: Decimal,
    amount: Decimal,
    term_months: int,
) -> dict[str, Feature]:
    """Features from plain values; amounts in any one currency. An unknown or zero income leaves its ratios unknown."""
    return {
        "employment": str(_EMPLOYMENT.get(employment, Employment.OTHER)),
        "housing": str(_HOUSING.get(housing, Housing.OTHER)),
        "employment_years": float(employment_years),
        "amount_to_income": ratio(amount, income),
        "expenses_to_income": ratio(expenses, income),
        "term_months": float(term_months),
    }


def ratio(part: Decimal, whole: Decimal | None) -> float | None:
    """A share with four places; None of nothing."""
    if not whole:
        return None
    return float((part / whole).quantize(FOUR_PLACES))
