"""Which agreements may fund a loan, in the order in which their partners are asked. Limits: domain rules, Limits.

Every partner must be on the published list, the amount large enough, the borrower from where the partners may lend, and
neither concentration limit passed: our part of the loans shared with one partner is at most 25 % of our tier-1 capital,
and our part of all shared loans at most 50 % of all our loans.
"""

from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, When

from core import clock
from core.money import ZERO
from lending.models import Funder, FundingAgreement, Loan, LoanFunding, Participation

ONE_PARTNER = Decimal("0.25")  # of tier-1 capital
ALL_PARTNERS = Decimal("0.50")  # of all our loans
STANDING = [Loan.Status.PENDING, Loan.Status.ACTIVE, Loan.Status.OVERDUE]


def next_for(loan: Loan) -> FundingAgreement | None:
    """The agreement whose partners are to be asked next about the loan; None when none is left."""
    asked = Participation.objects.filter(loan=loan).values("agreement")
    region = loan.customer.id_number[:2]
    for agreement in _in_force(loan).exclude(pk__in=asked).prefetch_related("shares__partner"):
        here = not agreement.regions or region in agreement.regions
        if here and _on_the_list(agreement) and _within_limits(loan, agreement):
            return agreement
    return None


def _in_force(loan: Loan) -> QuerySet[FundingAgreement]:
    today = clock.today()
    return FundingAgreement.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=today),
        product_code=loan.frozen_terms["product"],
        minimum_amount__lte=loan.principal,
        effective_from__lte=today,
    ).order_by("priority", "pk")


def _on_the_list(agreement: FundingAgreement) -> bool:
    partners = [share.partner for share in agreement.shares.all()]
    return bool(partners) and all(partner.whitelisted for partner in partners)


def _within_limits(loan: Loan, agreement: FundingAgreement) -> bool:
    """Whether the loan, shared by the agreement, keeps both concentration limits. Unknown capital allows nothing."""
    own = Funder.objects.get(kind=Funder.Kind.DIRECT)
    ours = loan.principal * (1 - sum((share.share for share in agreement.shares.all()), ZERO))
    if own.tier_1_capital is None:
        return False
    partners = [share.partner for share in agreement.shares.all()]
    if any(_ours(own, partner) + ours > ONE_PARTNER * own.tier_1_capital for partner in partners):
        return False
    return _ours(own, shared=True) + ours <= ALL_PARTNERS * (own.loans_elsewhere + _ours(own) + ours)


def _ours(own: Funder, partner: Funder | None = None, *, shared: bool = False) -> Decimal:
    """Our part, in yuan, of the principal of all loans that stand; of those shared with `partner`, or with anybody."""
    parts = LoanFunding.objects.filter(funder=own, loan__status__in=STANDING)
    if partner:
        parts = parts.filter(loan__in=LoanFunding.objects.filter(funder=partner).values("loan"))
    elif shared:
        parts = parts.filter(share__lt=1)
    on_its_way = When(loan__status=Loan.Status.PENDING, then=F("loan__principal"))
    owed = Case(on_its_way, default=F("loan__outstanding_principal")) * F("share")
    return parts.aggregate(total=Sum(owed, output_field=DecimalField()))["total"] or ZERO
