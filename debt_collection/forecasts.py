"""Who will probably not pay the next instalment: foretold some days before, and help offered where trouble is expected.

A forecast is made once for each instalment, from what is known after the close of the day before.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from core import clock, work
from core.serials import Serial, next_serials
from debt_collection import early_help
from debt_collection.models import HelpOffer, HelpRule
from lending import repayment_behaviour
from lending.models import ClosedDay, Instalment
from risk import repayment_ability
from risk.models import RepaymentForecast

FORETELL = "foretell_repayments"
BATCH = 5_000
# Shorter than a lease (core.work.LEASE).
TURN = dt.timedelta(seconds=30)
ONE_DAY = dt.timedelta(days=1)


def start_what_is_due() -> None:
    """Have today's forecasts made, once yesterday is closed."""
    today = clock.today()
    rule = rule_of(today)
    closed = ClosedDay.objects.filter(business_date=today - ONE_DAY).exists()
    if rule and closed and _unforetold(today, rule).exists():
        with transaction.atomic(durable=True):
            work.enqueue(FORETELL, today.isoformat())


def rule_of(date: dt.date) -> HelpRule | None:
    """The rule in force on a business date, if there is one."""
    return HelpRule.objects.filter(effective_from__lte=date).order_by("-effective_from").first()


def foretell(key: str) -> work.Again | None:
    """Work handler: make the forecasts of the business date `key` (ISO), if it is still that day. Resumes."""
    today, until = clock.today(), clock.real_now() + TURN
    rule = rule_of(today)
    if key != today.isoformat() or rule is None:
        return None
    while _foretell_some(today, rule):
        if clock.real_now() > until:
            return work.Again(after=dt.timedelta())
    return None


@transaction.atomic(durable=True)
def _foretell_some(today: dt.date, rule: HelpRule) -> int:
    """Forecasts of some instalments, and offers of help where one asks for it. Returns how many."""
    instalments = list(_unforetold(today, rule).select_related("loan__customer").order_by("id")[:BATCH])
    behaviours = repayment_behaviour.of_customers([each.loan.customer_id for each in instalments], today)
    dues = [
        repayment_ability.Due(
            reference=_reference(each),
            customer_serial=each.loan.customer.serial,
            due_date=each.due_date,
            behaviour=behaviours[each.loan.customer_id],
        )
        for each in instalments
    ]
    forecasts = repayment_ability.foretell(dues, scorecard=rule.scorecard)
    doubtful = [pair for pair in zip(instalments, forecasts, strict=True) if pair[1].pd >= rule.pd_from]
    if doubtful:
        _offer_help(doubtful)
    return len(instalments)


def _offer_help(doubtful: Sequence[tuple[Instalment, RepaymentForecast]]) -> None:
    now = clock.now()
    serials = next_serials(Serial.HELP_OFFER, len(doubtful))
    HelpOffer.objects.bulk_create(
        HelpOffer(
            serial=serial,
            forecast=forecast,
            loan_serial=instalment.loan.serial,
            instalment_no=instalment.no,
            customer_serial=forecast.customer_serial,
            due_date=instalment.due_date,
            amount=instalment.scheduled_unpaid,
            made_at=now,
        )
        for serial, (instalment, forecast) in zip(serials, doubtful, strict=True)
    )
    work.enqueue_many(early_help.TELL, serials)


def _unforetold(today: dt.date, rule: HelpRule) -> QuerySet[Instalment]:
    reference = Concat(OuterRef("loan__serial"), Value("/"), Cast(OuterRef("no"), CharField()))
    known = RepaymentForecast.objects.filter(reference=reference)
    soon = repayment_behaviour.due_soon(today, today + dt.timedelta(days=rule.days_before))
    return soon.filter(~Exists(known), loan__customer__credit_line__isnull=False)


def _reference(instalment: Instalment) -> str:
    return f"{instalment.loan.serial}/{instalment.no}"
