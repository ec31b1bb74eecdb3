"""How much and at what rate: a limit that the income can carry, a rate by risk band in the product's range. Pure."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from core.money import ZERO, round_money
from risk.facts import Applicant, CreditRequest
from risk.policy import Band, Policy

RATE_PLACES = Decimal("0.0001")
MONTHS = 12


@dataclass(frozen=True)
class Price:
    """A limit in yuan and an annual rate as a fraction. A limit of zero: the income cannot carry the smallest loan."""

    band: str
    limit: Decimal
    annual_rate: Decimal


def price(applicant: Applicant, request: CreditRequest, pd: Decimal, policy: Policy) -> Price:
    """The limit and rate for a probability of default."""
    band = band_of(pd, policy)
    rate = rate_in(band, request)
    affordable = borrowable(monthly_capacity(applicant, policy), rate, request.term_months, request.method)
    ceiling = min(
        affordable,
        applicant.monthly_income * band.income_multiple,
        request.maximum_amount,
        policy.maximum_amount,
        policy.maximum_exposure - applicant.exposure,
    )
    limit = round_money(max(ceiling, ZERO), policy.limit_step, ROUND_DOWN)
    return Price(band.name, limit, rate)


def band_of(pd: Decimal, policy: Policy) -> Band:
    """The risk band of a probability of default."""
    return next(band for band in policy.bands if pd < band.pd_below)


def rate_in(band: Band, request: CreditRequest) -> Decimal:
    """The band's annual rate inside the product's range, four places."""
    width = request.maximum_rate - request.minimum_rate
    return (request.minimum_rate + width * band.rate_position).quantize(RATE_PLACES)


def monthly_capacity(applicant: Applicant, policy: Policy) -> Decimal:
    """Yuan a month that the applicant can repay to us: within a share of income, and within what is left over."""
    share = applicant.monthly_income * policy.instalment_share_of_income - applicant.monthly_debt
    left_over = applicant.monthly_income - applicant.monthly_expenses - applicant.monthly_debt
    return max(min(share, left_over), ZERO)


def borrowable(capacity: Decimal, annual_rate: Decimal, months: int, method: str) -> Decimal:
    """The principal that `capacity`, in yuan a month over `months`, repays by `method`. Not rounded.

    With r the rate of a month and n the months, equal instalments: capacity × (1 − (1+r)^−n) / r. Else
    capacity × n / (1 + r × n): so much of equal principal keeps its first instalment, the largest, within the capacity,
    and so much is put aside month by month, interest included, for principal that is due at the end.
    """
    monthly = annual_rate / MONTHS
    if method == "equal_instalment" and monthly:
        return capacity * (1 - (1 + monthly) ** -months) / monthly
    return capacity * months / (1 + monthly * months)
