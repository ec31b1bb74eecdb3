"""Settlement with funding partners: after each settled business day, what is due either way is netted to one payment.

The net is what the ledger holds as due to the partner at the end of the day, less what earlier settlements are moving.
It is paid to the partner's account or, where the partner owes us, collected from it. Paid, the due goes down by it:

paid        debit due to the partner, credit payouts in clearing
collected   debit collections in clearing, credit due to the partner
came back   the same on the other sides: the next settlement finds it due again

A day is settled after the days before it, or not at all: a later settlement has taken all of it in.

What failed or came back is not ordered anew: the next day's net has it, and an alert says meanwhile that the cause is
to be mended (ADR 16).
"""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import actors, alerts, work
from core.models import TransitionLog
from core.money import ZERO
from core.pdf import PaperTable, paper
from core.registry import OrderOutcome
from core.serials import Serial, next_serial
from lending import partner_accounts
from lending.models import Funder, PartnerSettlement
from payments import day_books, ledger, orders
from payments.chart import AccountKind, account
from payments.ledger import Line, credit, debit
from payments.models import PaymentOrder
from payments.orders import OrderKind, Payee, PayeeKind

PURPOSE = "partner_settlement"
SETTLE = "settle_partner"
UNPAID, PAID_TWICE = "partner_settlement_unpaid", "partner_settlement_paid_twice"
SETTLER = actors.system("settlement with partners")
Status = PartnerSettlement.Status


def register() -> None:
    """Name the alerts."""
    alerts.register(
        UNPAID,
        title=gettext_lazy("A settlement with a partner was not paid"),
        sentence=gettext_lazy(
            "Settlement %(settlement)s with %(partner)s (%(amount)s yuan, order %(order)s) failed or came back: "
            "%(why)s. The next day's settlement takes it in: see to it before then that the partner's account is right."
        ),
    )
    alerts.register(
        PAID_TWICE,
        title=gettext_lazy("A settlement with a partner was paid after all, and ordered anew meanwhile"),
        sentence=gettext_lazy(
            "Settlement %(settlement)s with %(partner)s (%(amount)s yuan, order %(order)s) had failed and was paid "
            "after all; order %(meanwhile)s moves the same once more. The next settlement takes it back: tell the "
            "partner."
        ),
    )


def schedule(date: dt.date) -> None:
    """Have each partner settled with for a business day, as part of the transaction that says it is settled."""
    work.enqueue_many(SETTLE, [f"{date}/{each.funder}" for each in day_books.by_funder(date)])


def settle(key: str) -> None:
    """Work "settle_partner", of a date and a partner's code: draw up the settlement and order what it comes to. Once:
    again is harmless. Raises RuntimeError for a partner whose account is not known.
    """
    date, code = key.split("/", 1)
    with transaction.atomic(durable=True):
        partner = Funder.objects.select_for_update(no_key=True).get(code=code)
        if not partner.settlements.filter(business_date__gte=date).exists():
            settlement = _draw_up(partner, dt.date.fromisoformat(date))
            _order(settlement)
            alerts.clear(PAID_TWICE, partner.code, by=SETTLER, why=f"settlement {settlement.serial} takes it back")


def _draw_up(partner: Funder, date: dt.date) -> PartnerSettlement:
    """None that failed turns out to be paid while this one takes it in: this one counts it, or an alert tells."""
    list(partner.settlements.select_for_update(no_key=True).filter(status=Status.FAILED).order_by("pk"))
    due = ledger.balance(_due_to(partner), date)
    on_its_way = _on_its_way(partner, date)
    return PartnerSettlement.objects.create(
        serial=next_serial(Serial.PARTNER_SETTLEMENT),
        partner=partner,
        business_date=date,
        due=due,
        on_its_way=on_its_way,
        amount=due - on_its_way,
    )


def _on_its_way(partner: Funder, date: dt.date) -> Decimal:
    """What was ordered and is not in the balance of `date`: under way, or paid after it. What came back is due."""
    not_in_it = Q(status=Status.ORDERED) | Q(status=Status.PAID, paid_on__gt=date)
    return partner.settlements.filter(not_in_it).aggregate(sum=Sum("amount"))["sum"] or ZERO


def _order(settlement: PartnerSettlement) -> None:
    if not settlement.amount:
        settlement.close(by=SETTLER, why="nothing to settle")
        _no_longer_unpaid(settlement)
        return
    order = orders.create_order(
        kind=OrderKind.PAYOUT if settlement.amount > 0 else OrderKind.COLLECTION,
        amount=abs(settlement.amount),
        purpose=PURPOSE,
        reference=settlement.serial,
        payee=_payee(settlement.partner),
        funder=settlement.partner.code,
    )
    settlement.instruct(by=SETTLER, why=f"{settlement.amount} yuan net", order=order.serial)


def _payee(partner: Funder) -> Payee:
    known = partner_accounts.in_force(partner)
    if known is None:
        raise RuntimeError(f"{partner} has no account to settle through: enter it, and run this again")
    return Payee(partner.name_zh, known.account_number, PayeeKind.COMPANY, known.bank_number)


def as_pdf(settlement: PartnerSettlement) -> bytes:
    """The settlement on paper, for the partner."""
    day = day_books.funder_day(settlement.partner.code, settlement.business_date)
    rows: list[list[object]] = [
        [_("due before"), day.opening],
        [_("grew by"), day.added],
        [_("shrank by"), day.taken],
        [_("due at the end of the day"), settlement.due],
        [_("on its way already"), settlement.on_its_way],
        [_("amount settled"), settlement.amount],
        [_("payment order"), settlement.order or "–"],
        [_("status"), settlement.get_status_display()],
    ]
    told = {"partner": settlement.partner.name, "date": settlement.business_date}
    title = _("Settlement with %(partner)s for %(date)s") % told
    sentence = _("All amounts in yuan. A negative amount is what the partner owes.")
    return paper(title, [sentence], [PaperTable(settlement.serial, rows)])


class SettlementHandler:
    """What becomes of a settlement when its order ends (core.registry.order_settled, purpose "partner_settlement")."""

    def lock(self, reference: str) -> None:
        """Lock the settlement."""
        PartnerSettlement.objects.get(serial=reference).lock()

    def apply(self, outcome: OrderOutcome) -> None:
        """Book what moved; what did not stays due."""
        settlement = PartnerSettlement.objects.get(serial=outcome.reference)
        why = f"order {outcome.order_serial} {outcome.reason}".strip()
        if outcome.status == "succeeded":
            had_failed = settlement.status == Status.FAILED
            settlement.pay(by=SETTLER, why=why, on=outcome.business_date)
            _post(settlement, outcome, _lines(settlement))
            _no_longer_unpaid(settlement)
            if had_failed:
                _say_paid_twice(settlement, outcome)
        elif outcome.status == "returned":
            settlement.come_back(by=SETTLER, why=why, on=outcome.business_date)
            _post(settlement, outcome, ledger.reversed_lines(_lines(settlement)))
            _say_unpaid(settlement, outcome)
        else:
            settlement.fail(by=SETTLER, why=why)
            _say_unpaid(settlement, outcome)


def _say_unpaid(settlement: PartnerSettlement, outcome: OrderOutcome) -> None:
    alerts.raise_alert(
        UNPAID,
        settlement.partner.code,
        severity=alerts.Severity.WARNING,
        settlement=settlement.serial,
        partner=settlement.partner.code,
        amount=str(settlement.amount),
        order=outcome.order_serial,
        why=outcome.reason or outcome.status,
    )


def _no_longer_unpaid(settlement: PartnerSettlement) -> None:
    """The alert is over, unless a later settlement was not paid either."""
    if not _later(settlement).filter(status__in=(Status.FAILED, Status.RETURNED)).exists():
        alerts.clear(UNPAID, settlement.partner.code, by=SETTLER, why=f"settlement {settlement.serial}")


def _say_paid_twice(settlement: PartnerSettlement, outcome: OrderOutcome) -> None:
    """Where a later settlement took in what had failed, and its order is on its way or carried out."""
    failed_at = TransitionLog.of(settlement).get(verb="fail").business_at
    moving = _later(settlement).filter(status__in=(Status.ORDERED, Status.PAID)).values("order")
    meanwhile = PaymentOrder.objects.filter(serial__in=moving, created_at__gt=failed_at).order_by("pk").first()
    if meanwhile:
        alerts.raise_alert(
            PAID_TWICE,
            settlement.partner.code,
            severity=alerts.Severity.WARNING,
            settlement=settlement.serial,
            partner=settlement.partner.code,
            amount=str(settlement.amount),
            order=outcome.order_serial,
            meanwhile=meanwhile.serial,
        )


def _later(settlement: PartnerSettlement) -> QuerySet[PartnerSettlement]:
    return settlement.partner.settlements.filter(business_date__gt=settlement.business_date)


def _lines(settlement: PartnerSettlement) -> list[Line]:
    due, amount = _due_to(settlement.partner), settlement.amount
    if amount > 0:
        return [debit(due, amount), credit(account(AccountKind.PAYOUT_CLEARING), amount)]
    return [debit(account(AccountKind.COLLECTION_CLEARING), -amount), credit(due, -amount)]


def _post(settlement: PartnerSettlement, outcome: OrderOutcome, lines: list[Line]) -> None:
    ledger.post(
        key=f"{settlement.serial}:{outcome.status}",
        business_date=outcome.business_date,
        purpose=PURPOSE,
        reference=settlement.serial,
        entries=lines,
    )


def _due_to(partner: Funder) -> str:
    return account(AccountKind.PARTNER_SETTLEMENT, funder=partner.code)
