"""The rules of the policy: what the law, the product and prudence refuse, and what a person should look at. Pure."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from risk.facts import Hit, Inputs, Severity
from risk.policy import Policy
from risk.scoring import Score

TWO_PLACES = Decimal("0.01")

Rule = Callable[[Inputs, Policy], Iterator[Hit]]


def check(inputs: Inputs, policy: Policy) -> list[Hit]:
    """The hits of every rule, in the order of RULES."""
    return [hit for rule in RULES for hit in rule(inputs, policy)]


def check_score(score: Score, policy: Policy) -> list[Hit]:
    """The score cut-offs: below the doubtful band declined, inside it for a person."""
    if score.points < policy.review_from_points:
        return [Hit("SCORE_TOO_LOW", Severity.DECLINE, str(score.points))]
    if score.points < policy.approve_from_points:
        return [Hit("SCORE_DOUBTFUL", Severity.REVIEW, str(score.points))]
    return []


def _legal_age(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if inputs.applicant.age < policy.minimum_age:
        yield Hit("UNDER_AGE", Severity.DECLINE, str(inputs.applicant.age))


def _amount(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    lowest, highest = policy.minimum_amount, min(policy.maximum_amount, inputs.request.maximum_amount)
    if not lowest <= inputs.request.amount <= highest:
        yield Hit("AMOUNT_OUT_OF_RANGE", Severity.DECLINE, str(inputs.request.amount))


def _purpose(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if inputs.request.purpose not in policy.purposes:
        yield Hit("PURPOSE_NOT_FINANCED", Severity.DECLINE, inputs.request.purpose)


def _employment(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if inputs.applicant.employment in policy.refused_employments:
        yield Hit("STUDENT", Severity.DECLINE)


def _exposure(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if inputs.applicant.exposure + inputs.request.amount > policy.maximum_exposure:
        yield Hit("EXPOSURE_TOO_HIGH", Severity.DECLINE, str(inputs.applicant.exposure))


def _debt_service(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    """Repayments elsewhere as a share of income, before anything of ours."""
    person = inputs.applicant
    if person.monthly_income <= 0:
        yield Hit("NO_INCOME", Severity.DECLINE)
        return
    share = person.monthly_debt / person.monthly_income
    if share > policy.debt_service_decline_above:
        yield Hit("DEBT_SERVICE_TOO_HIGH", Severity.DECLINE, str(share.quantize(TWO_PLACES)))
    elif share > policy.debt_service_review_above:
        yield Hit("DEBT_SERVICE_HIGH", Severity.REVIEW, str(share.quantize(TWO_PLACES)))


def _income_proof(inputs: Inputs, policy: Policy) -> Iterator[Hit]:
    if inputs.request.amount > policy.income_proof_above and not inputs.applicant.income_proof:
        yield Hit("INCOME_PROOF_MISSING", Severity.REVIEW)


RULES: tuple[Rule, ...] = (
    _legal_age,
    _amount,
    _purpose,
    _employment,
    _exposure,
    _debt_service,
    _income_proof,
)
