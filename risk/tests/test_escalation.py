"""The clock of the review queue: what goes first, and what happens to a case that nobody decides in time."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from core import alerts, clock
from core.alerts import Severity
from core.models import Alert
from core.problems import Problem
from risk import escalation, review
from risk.models import ReviewCase
from risk.tests import factories

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def wait(case, beyond):
    """Let the case's time pass by so much, and have the queue looked at."""
    clock.move_to(case.sla_due_at + beyond, by="test")
    escalation.look()


def fresh(case):
    return ReviewCase.objects.get(pk=case.pk)


def late_alert():
    return Alert.objects.filter(kind=escalation.LATE).exclude(status="cleared").first()


def test_who_asks_for_a_person_and_who_is_suspected_of_fraud_goes_first():
    assert factories.doubtful_case().priority == ReviewCase.Priority.ROUTINE
    assert factories.decided(id_card_check="differs").review_case.priority == ReviewCase.Priority.RAISED
    with transaction.atomic():
        asked = review.ask_for_person(factories.decided(employment="student"))
    assert asked.priority == ReviewCase.Priority.RAISED


def test_a_case_past_its_time_is_escalated_once_and_told(officer, asker):
    case = factories.claimed_case(officer)
    wait(case, -HOUR)
    assert (fresh(case).priority, late_alert()) == (ReviewCase.Priority.ROUTINE, None)
    wait(case, 2 * HOUR)
    escalated = fresh(case)
    assert escalated.priority == ReviewCase.Priority.ESCALATED
    assert (late_alert().severity, late_alert().facts) == (
        Severity.WARNING,
        {"count": 1, "serial": case.serial, "hours": 2},
    )
    assert case.serial in alerts.sentence_of(late_alert())
    wait(case, 30 * HOUR)
    assert fresh(case).escalated_at == escalated.escalated_at
    assert late_alert().severity == Severity.CRITICAL
    review.decline(case=escalated, officer=officer, reasons=["OFFICER_PURPOSE"])
    escalation.look()
    assert late_alert() is None


def test_whoever_is_there_gives_back_a_late_case_that_a_colleague_claimed(officer, asker):
    case, colleague = factories.claimed_case(officer), factories.officer()
    with pytest.raises(Problem) as refused:
        review.release(case=case, officer=colleague, why="she is away")
    assert refused.value.code == "claimed_by_other"
    wait(case, HOUR)
    review.release(case=case, officer=colleague, why="she is away")
    review.claim(case=case, officer=colleague)
    assert fresh(case).claimed_by == f"staff:{colleague.username}"


def test_the_queue_begins_with_what_is_most_urgent(officer, asker):
    done, routine, late = factories.claimed_case(officer), factories.doubtful_case(), factories.doubtful_case()
    suspected = factories.decided(id_card_check="differs").review_case
    review.decline(case=done, officer=officer, reasons=["OFFICER_PURPOSE"])
    ReviewCase.objects.filter(pk=late.pk).update(sla_due_at=clock.now() - HOUR)
    escalation.look()
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer)
    page = client.get(reverse("admin:risk_reviewcase_changelist")).content.decode()
    places = [page.index(case.serial) for case in (late, suspected, routine, done)]
    assert places == sorted(places)


def test_the_database_knows_when_each_escalated_case_was():
    case = factories.doubtful_case()
    with pytest.raises(IntegrityError, match="risk_review_case_escalated"), transaction.atomic():
        connection.cursor().execute("UPDATE risk_reviewcase SET priority = 3 WHERE id = %s", [case.pk])
