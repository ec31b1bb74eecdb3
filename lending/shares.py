"""The funders' shares of a loan, frozen before its payout, and each one's part of every amount."""

from decimal import Decimal

from lending.models import Funder, Loan, LoanFunding, Participation
from lending.split import split


def freeze(loan: Loan, participation: Participation | None) -> None:
    """Write who funds the loan: ourselves first, an approving partner last, so that it takes what rounding leaves."""
    own = Funder.objects.get(kind=Funder.Kind.DIRECT)
    if participation is None or participation.status != Participation.Status.APPROVED:
        LoanFunding.objects.create(loan=loan, position=1, funder=own, share=Decimal(1))
        return
    LoanFunding.objects.create(loan=loan, position=1, funder=own, share=1 - participation.share)
    LoanFunding.objects.create(loan=loan, position=2, funder=participation.partner, share=participation.share)


def parts_of(loan: Loan, amount: Decimal, *, split_before: Decimal) -> list[tuple[Funder, Decimal]]:
    """Each funder's part of `amount` yuan (negative: taken back), when `split_before` has been split already.

    Cumulative totals are split, so no funder ever drifts by more than a fen (domain rules, Joint split).
    """
    shares = list(loan.funding.select_related("funder"))
    parts = split(amount, [share.share for share in shares], history=[split_before])
    return [(share.funder, part) for share, part in zip(shares, parts, strict=True)]
