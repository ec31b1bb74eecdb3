"""Cases of many loans at once, as a batch of the day close tells of them: what `cases` does, in few statements."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from core import clock
from core.registry import LoanAged
from core.serials import Serial, next_serials
from debt_collection import reminders
from debt_collection.models import CollectionCase


def open_or_update(outcomes: Sequence[LoanAged]) -> None:
    """Bring the cases of loans in arrears up to date, open those that are missing, and plan the reminders.

    The open cases among them are locked, and so are the loans' own rows, without which nobody opens a case.
    """
    cases = _open_cases(outcomes)
    _update([outcome for outcome in outcomes if outcome.loan_serial in cases])
    cases |= _open([outcome for outcome in outcomes if outcome.loan_serial not in cases])
    reminded = {cases[each.loan_serial]: each.dpd for each in outcomes if not each.payment_on_its_way}
    if reminded:
        reminders.plan_many(reminded, on=outcomes[0].business_date)


def _open_cases(outcomes: Sequence[LoanAged]) -> dict[str, int]:
    serials = [outcome.loan_serial for outcome in outcomes]
    found = CollectionCase.objects.filter(loan_serial__in=serials, status=CollectionCase.Status.OPEN)
    return dict(found.values_list("loan_serial", "pk"))


def _update(outcomes: Sequence[LoanAged]) -> None:
    values: list[Any] = [
        [outcome.loan_serial for outcome in outcomes],
        [outcome.business_date for outcome in outcomes],
        [outcome.dpd for outcome in outcomes],
        [outcome.bucket for outcome in outcomes],
        [outcome.arrears for outcome in outcomes],
        [outcome.outstanding_principal for outcome in outcomes],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE debt_collection_collectioncase AS kept
            SET business_date = new.business_date, dpd = new.dpd, bucket = new.bucket, arrears = new.arrears,
                outstanding_principal = new.principal
            FROM unnest(%s::text[], %s::date[], %s::int[], %s::text[], %s::numeric[], %s::numeric[])
                AS new (loan_serial, business_date, dpd, bucket, arrears, principal)
            WHERE kept.loan_serial = new.loan_serial AND kept.status = 'open'
            """,
            values,
        )


def _open(outcomes: Sequence[LoanAged]) -> dict[str, int]:
    now = clock.now()
    opened = CollectionCase.objects.bulk_create(
        CollectionCase(
            serial=serial,
            loan_serial=outcome.loan_serial,
            customer_serial=outcome.customer_serial,
            opened_at=now,
            business_date=outcome.business_date,
            dpd=outcome.dpd,
            bucket=outcome.bucket,
            arrears=outcome.arrears,
            outstanding_principal=outcome.outstanding_principal,
        )
        for serial, outcome in zip(next_serials(Serial.CASE, len(outcomes)), outcomes, strict=True)
    )
    return {case.loan_serial: case.pk for case in opened}
