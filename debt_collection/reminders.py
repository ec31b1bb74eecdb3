"""Reminders: planned with the day close, sent outside the quiet hours, dropped when the debt has been paid
meanwhile.
"""

import datetime as dt
from collections.abc import Mapping

from django.db import connection, transaction

from accounts import messages
from accounts.models import Customer
from core import clock, work
from core.money import format_yuan
from debt_collection import quiet_hours, strategy
from debt_collection.models import CollectionCase, ContactAttempt

SEND_REMINDER = "send_reminder"


def plan(*, case: CollectionCase) -> None:
    """Plan today's reminder of a case, if the strategy has one for its days past due. Harmless to repeat."""
    step = strategy.step_for(case.dpd, on=case.business_date)
    if step is None:
        return
    contact, new = ContactAttempt.objects.get_or_create(
        case=case, business_date=case.business_date, defaults={"template": step.template}
    )
    if new:
        work.enqueue(SEND_REMINDER, str(contact.pk))


def plan_many(cases: Mapping[int, int], *, on: dt.date) -> None:
    """The same for many cases (each one's id and days past due) on a business date, in few statements."""
    steps = strategy.steps_for(set(cases.values()), on=on)
    planned = [(pk, step.template) for pk, dpd in cases.items() if (step := steps[dpd])]
    if not planned:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO debt_collection_contactattempt (case_id, business_date, template, outcome)
            SELECT case_id, %s, template, 'planned'
            FROM unnest(%s::bigint[], %s::text[]) AS planned (case_id, template)
            ON CONFLICT (case_id, business_date) DO NOTHING RETURNING id
            """,
            [on, [pk for pk, _template in planned], [template for _pk, template in planned]],
        )
        work.enqueue_many(SEND_REMINDER, [str(pk) for (pk,) in cursor.fetchall()])


def drop_planned(*, case: CollectionCase) -> None:
    """Let the reminders of a closed case rest."""
    case.contacts.filter(outcome=ContactAttempt.Outcome.PLANNED).update(
        outcome=ContactAttempt.Outcome.NOT_NEEDED, finished_at=clock.now()
    )


def send(key: str) -> work.Again | None:
    """Work handler: send the planned reminder with this id, or wait until the quiet hours are over."""
    with transaction.atomic(durable=True):
        contact = ContactAttempt.objects.select_for_update().get(pk=key)
        if contact.outcome != ContactAttempt.Outcome.PLANNED:
            return None
        wait = quiet_hours.time_until_allowed(clock.now())
        if wait:
            return work.Again(after=wait)
        case = contact.case
        messages.send(
            Customer.objects.get(serial=case.customer_serial),
            contact.template,
            {"loan": case.loan_serial, "amount": format_yuan(case.arrears), "days": case.dpd},
            key=f"reminder {contact.pk}",
        )
        contact.outcome = ContactAttempt.Outcome.SENT
        contact.finished_at = clock.now()
        contact.save()
    return None
