"""A case's life: opened by the day close that finds arrears, kept up to date by each later one, closed when they
are paid.
"""

from collections.abc import Sequence

from django.db import connection

from core import clock
from core.actors import system
from core.registry import LoanAged
from core.serials import Serial, next_serial
from debt_collection import case_batches, reminders
from debt_collection.models import CollectionCase

DAY_CLOSE = system("day-close")


class LoanAgedHandler:
    """What collections do when lending says how a loan stands (core.registry.loan_aged)."""

    def lock(self, reference: str) -> None:
        """Lock what collections keep about the loan with this serial number.

        There may be no case yet, and a rival may open one: the serial number itself is locked, which always exists.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"collections {reference}"])
        case = _open_case(reference)
        if case:
            case.lock()

    def apply(self, outcome: LoanAged) -> None:
        """Open, update or close the loan's case, and plan the reminder that the strategy asks for."""
        case = _open_case(outcome.loan_serial)
        if outcome.dpd == 0:
            if case:
                _close(case, outcome)
            return
        case = _update(case, outcome) if case else _open(outcome)
        if not outcome.payment_on_its_way:
            reminders.plan(case=case)

    def lock_free(self, references: Sequence[str]) -> set[str]:
        """Lock the open cases among many loans that nobody else holds. Who would open a case holds its loan's row."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH asked AS (
                    SELECT id, loan_serial FROM debt_collection_collectioncase
                    WHERE loan_serial = ANY(%s) AND status = 'open'
                ), free AS (
                    SELECT id FROM debt_collection_collectioncase WHERE id IN (SELECT id FROM asked)
                    FOR NO KEY UPDATE SKIP LOCKED
                )
                SELECT loan_serial FROM asked WHERE id NOT IN (SELECT id FROM free)
                """,
                [list(references)],
            )
            held = {loan_serial for (loan_serial,) in cursor.fetchall()}
        return set(references) - held

    def apply_all(self, outcomes: Sequence[LoanAged]) -> None:
        """The same for many loans, in a few statements."""
        case_batches.open_or_update([outcome for outcome in outcomes if outcome.dpd])
        for outcome in outcomes:
            if not outcome.dpd:
                self.apply(outcome)


def _open_case(loan_serial: str) -> CollectionCase | None:
    return CollectionCase.objects.filter(loan_serial=loan_serial, status=CollectionCase.Status.OPEN).first()


def _open(outcome: LoanAged) -> CollectionCase:
    return CollectionCase.objects.create(
        serial=next_serial(Serial.CASE),
        loan_serial=outcome.loan_serial,
        customer_serial=outcome.customer_serial,
        opened_at=clock.now(),
        **_standing(outcome),
    )


def _update(case: CollectionCase, outcome: LoanAged) -> CollectionCase:
    case.lock()
    for name, value in _standing(outcome).items():
        setattr(case, name, value)
    case.save()
    return case


def _close(case: CollectionCase, outcome: LoanAged) -> None:
    case.close(
        by=DAY_CLOSE,
        why="arrears paid",
        business_date=outcome.business_date,
        closed_at=clock.now(),
    )
    reminders.drop_planned(case=case)


def _standing(outcome: LoanAged) -> dict[str, object]:
    return {
        "business_date": outcome.business_date,
        "dpd": outcome.dpd,
        "bucket": outcome.bucket,
        "arrears": outcome.arrears,
        "outstanding_principal": outcome.outstanding_principal,
    }
