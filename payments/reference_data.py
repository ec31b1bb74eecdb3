"""What payments holds before its first order."""

from dataclasses import replace
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from core import actors, clock
from payments import ledger, route_rules
from payments.channels import ALIPAY, BANK, CHANNELS, PAYMENT, UNIONPAY, WECHAT
from payments.chart import AccountKind, account
from payments.models import OrderKind, RoutingRules, Transfer
from payments.routing import Lane

OWN_FUNDS = "own"
# What each institution of the sandbox opens our account with (docs/sandbox.md); elsewhere money arrives by postings.
SANDBOX_OPENING_BALANCE = Decimal("1000000000.00")
FAILED_TRY_COST = Decimal("0.50")
# The payment institution is the cheapest; the others take over where it refuses or fails.
FIRST_LANES = (
    Lane(PAYMENT.code, fixed_fee=Decimal("1.00")),
    Lane(UNIONPAY.code, fixed_fee=Decimal("1.50")),
    Lane(ALIPAY.code, fixed_fee=Decimal("1.50"), fee_rate=Decimal("0.0010"), order_limit=Decimal("50000.00")),
    Lane(WECHAT.code),
    Lane(BANK.code, fixed_fee=Decimal("5.00")),
    Lane(PAYMENT.code, kind=OrderKind.COLLECTION, fixed_fee=Decimal("0.50")),
    Lane(UNIONPAY.code, kind=OrderKind.COLLECTION, fixed_fee=Decimal("0.80"), fee_rate=Decimal("0.0010")),
    Lane(BANK.code, kind=OrderKind.COLLECTION, fixed_fee=Decimal("2.00")),
)
INSTALLER = actors.system("installation")
WHY = "came with the program"


@transaction.atomic
def load() -> None:
    """The first routing rules, or a draft with what the ones in force say nothing of; in a sandbox, also the money that
    its institutions say we have. Again and again is harmless.
    """
    _publish_first_rules()
    _draft_missing_lanes()
    if settings.SANDBOX:
        for code in CHANNELS:
            _book_opening_balance(code)


def _publish_first_rules() -> None:
    if RoutingRules.objects.exists():
        return
    lanes = [route_rules.written(lane) for lane in FIRST_LANES]
    first = RoutingRules(version=1, lanes=lanes, failed_try_cost=FAILED_TRY_COST)
    first.save()
    first.propose(by=INSTALLER, why=WHY)
    first.publish(by=INSTALLER, why=WHY)


def _draft_missing_lanes() -> None:
    """For an installation that is older than a channel: the rules in force and the lanes that they lack, switched off,
    for people to look at and publish. While they work on a newer version, nothing is drafted.
    """
    now = route_rules.in_force()
    lanes = route_rules.read(now).lanes
    known = {(lane.channel, lane.kind) for lane in lanes}
    missing = [replace(lane, on=False) for lane in FIRST_LANES if (lane.channel, lane.kind) not in known]
    if missing and not RoutingRules.objects.filter(version__gt=now.version).exists():
        RoutingRules.objects.create(
            version=now.version + 1,
            lanes=[route_rules.written(lane) for lane in (*lanes, *missing)],
            failed_try_cost=now.failed_try_cost,
            authors=[INSTALLER],
        )


def _book_opening_balance(channel: str) -> None:
    key = f"opening:{channel}"
    if Transfer.objects.filter(key=key).exists():
        return
    ledger.post(
        key=key,
        business_date=clock.today(),
        purpose="opening",
        reference=channel,
        entries=[
            ledger.debit(account(AccountKind.CHANNEL_CASH, channel=channel), SANDBOX_OPENING_BALANCE),
            ledger.credit(account(AccountKind.FUND_POOL, funder=OWN_FUNDS), SANDBOX_OPENING_BALANCE),
        ],
    )
