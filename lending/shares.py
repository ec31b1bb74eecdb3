"""The funders' shares of a loan, frozen before its payout, and each one's part of every amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, round_money
from lending.models import Funder, Loan, LoanFunding, Participation
from lending.split import split

RATE_UNIT = Decimal("1E-10")
SMALLEST_SHARE = Decimal("0.3")


@dataclass(frozen=True)
class Share:
    """A funder's part of principal, of income (interest and penalty), and what of its paid income stays with us."""

    funder: Funder
    principal: Decimal
    income: Decimal
    servicing_fee: Decimal = ZERO


def freeze(loan: Loan, shared: Sequence[Participation]) -> None:
    """Write who funds the loan: ourselves first, then the partners that take their shares; the last takes what rounding
    leaves. Raises ValueError when less than the smallest share would be ours."""
    frozen = [_of_partner(loan, each) for each in shared]
    own = Share(
        Funder.objects.get(kind=Funder.Kind.DIRECT),
        1 - sum((share.principal for share in frozen), ZERO),
        1 - sum((share.income for share in frozen), ZERO),
    )
    if own.principal < SMALLEST_SHARE:
        raise ValueError(f"our share of {loan} would be {own.principal}")
    for position, share in enumerate([own, *frozen], start=1):
        LoanFunding.objects.create(
            loan=loan,
            position=position,
            funder=share.funder,
            share=share.principal,
            income_share=share.income,
            servicing_fee=share.servicing_fee,
        )


def _of_partner(loan: Loan, participation: Participation) -> Share:
    """A partner with a rate of its own gets that part of the interest which its rate is of the customer's: interest is
    proportional to the rate. The part is frozen, so that a rate lowered later is lowered for both."""
    share, rate = participation.share, participation.partner_rate
    income = round_money(share * rate / loan.annual_rate, RATE_UNIT) if loan.annual_rate else share
    return Share(participation.partner, share, income, participation.servicing_fee)


def of(loan: Loan) -> list[Share]:
    """The loan's frozen shares, in their order."""
    rows = loan.funding.select_related("funder")
    return [Share(row.funder, row.share, row.income_share, row.servicing_fee) for row in rows]


def of_principal(shares: Sequence[Share], amount: Decimal, *, split_before: Decimal) -> list[tuple[Funder, Decimal]]:
    """Each funder's part of `amount` yuan of principal, loss or recovery (negative: taken back), when `split_before` of
    it has been split already.

    Cumulative totals are split, so no funder ever drifts by more than a fen (domain rules, Joint split).
    """
    return _divide(shares, [share.principal for share in shares], amount, split_before)


def of_income(shares: Sequence[Share], amount: Decimal, *, split_before: Decimal) -> list[tuple[Funder, Decimal]]:
    """The same of interest or penalty."""
    return _divide(shares, [share.income for share in shares], amount, split_before)


def servicing_fees(shares: Sequence[Share], paid: Decimal, *, paid_before: Decimal) -> list[tuple[Funder, Decimal]]:
    """What each partner pays us for servicing when `paid` yuan of interest and penalty are paid (negative: taken back)
    after `paid_before`: its fee is reckoned on the running total, so that it never drifts either."""
    rates = [(share.funder, share.income * share.servicing_fee) for share in shares if share.servicing_fee]
    return [(funder, split(paid, [rate, 1 - rate], history=[paid_before])[0]) for funder, rate in rates]


def _divide(
    shares: Sequence[Share], weights: list[Decimal], amount: Decimal, split_before: Decimal
) -> list[tuple[Funder, Decimal]]:
    parts = split(amount, weights, history=[split_before])
    return [(share.funder, part) for share, part in zip(shares, parts, strict=True)]
