"""The funders' shares of a loan, frozen before its payout, and each one's part of every amount."""

from collections.abc import Sequence
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
    shares = [(funding.funder, funding.share) for funding in loan.funding.select_related("funder")]
    return divide(amount, shares, split_before=split_before)


def divide(
    amount: Decimal, shares: Sequence[tuple[Funder, Decimal]], *, split_before: Decimal
) -> list[tuple[Funder, Decimal]]:
    """The same for `shares` that have been read already."""
    parts = split(amount, [share for _funder, share in shares], history=[split_before])
    return [(funder, part) for (funder, _share), part in zip(shares, parts, strict=True)]
