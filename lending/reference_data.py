"""What lending needs before its first loan: the product, the funders, one agreement. Numbers: domain rules, Limits."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from core import actors
from lending.allocation import DEFAULT_ORDER
from lending.models import AllowanceRate, Funder, FundingAgreement, Product

FIRST_DAY = dt.date(2026, 1, 1)
INSTALLER = actors.system("installation")
OWN_LENDER = "own"
PARTNER_BANK = "demo-bank"
PARTNER_ACCOUNT = ("31001550400050009999", "310290000013")

CONVENTIONS = {
    "day_count": "actual/365",
    "rounding": "half_up",
    "round_to": "0.01",
    "instalment_rounding": None,
    "instalment_round_to": None,
    "residue": "last",
    "month_end": "clamp",
    "parts": "sum",
    "interest_on": "scheduled",
}
CONSUMER_LOAN = {
    "name_zh": "随心消费贷",
    "name_en": "Consumer loan",
    "minimum_amount": Decimal("10.00"),
    "maximum_amount": Decimal("200000.00"),
    "terms_months": [3, 6, 12, 24, 36],
    "methods": ["equal_instalment", "equal_principal"],
    "minimum_rate": Decimal("0.072"),
    "maximum_rate": Decimal("0.216"),
    "conventions": CONVENTIONS,
    "penalty_factor": Decimal("1.5"),
    "cost_cap": Decimal("0.24"),
    "grace_days": 0,
    "allocation_order": [component.value for component in DEFAULT_ORDER],
    "offer_days": 7,
    "reading_seconds": 3,
    "cooling_off_days": 7,
    "cooling_off_interest": True,
    "effective_from": FIRST_DAY,
}


# Stage: above so many days past due, rate of allowance. The days are the trade's; the rates are a first guess that the
# lender replaces by its own.
ALLOWANCE = {1: (-1, "0.01"), 2: (30, "0.2"), 3: (90, "0.6")}


@transaction.atomic
def load() -> None:
    """Load the first product version, the funders and the agreement. Again and again is harmless."""
    _publish_first("consumer", CONSUMER_LOAN)
    Funder.objects.get_or_create(
        code=OWN_LENDER,
        defaults={
            "kind": Funder.Kind.DIRECT,
            "name_zh": "本公司",
            "name_en": "Our own lender",
            "whitelisted": True,
            "tier_1_capital": Decimal("1000000000.00"),
            "loans_elsewhere": Decimal("1000000000.00"),
        },
    )
    partner, _new = Funder.objects.get_or_create(
        code=PARTNER_BANK,
        defaults={"kind": Funder.Kind.PARTNER, "name_zh": "示范银行", "name_en": "Demo Bank", "whitelisted": True},
    )
    if settings.SANDBOX and not partner.accounts.exists():
        account_number, bank_number = PARTNER_ACCOUNT
        account = partner.accounts.create(account_number=account_number, bank_number=bank_number)
        account.put_in_force(by=INSTALLER, why="played by the sandbox, as the partner is")
    for stage, (above_dpd, rate) in ALLOWANCE.items():
        AllowanceRate.objects.get_or_create(
            stage=stage, effective_from=FIRST_DAY, defaults={"above_dpd": above_dpd, "rate": Decimal(rate)}
        )
    agreement, new = FundingAgreement.objects.get_or_create(
        product_code="consumer", effective_from=FIRST_DAY, defaults={"minimum_amount": Decimal("1000.00")}
    )
    if new:
        agreement.shares.create(partner=partner, share=Decimal("0.7"))


def _publish_first(code: str, terms: dict[str, Any]) -> None:
    """The version that an installation begins with comes with the software; every later one needs two officers."""
    product, new = Product.objects.get_or_create(code=code, version=1, defaults=terms)
    if new:
        product.propose(by=INSTALLER, why="first version")
        product.publish(by=INSTALLER, why="first version")
