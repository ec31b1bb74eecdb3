"""Alerts are raised once, told once, taken by a person, and end when their cause does."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import override

from core import alerts, clock, work
from core.alerts import Severity
from core.models import Alert, TransitionLog, Work
from core.problems import Problem

KIND, ANN = "test_kettle", "staff:ann"


@pytest.fixture(autouse=True)
def kind(settings):
    settings.ALERT_RECIPIENTS = ["watch@example.org"]
    alerts.register(KIND, title="Kettle", sentence="Kettle %(name)s has %(degrees)s degrees: take it off.")
    yield
    alerts._kinds.pop(KIND)


def raised(severity=Severity.WARNING, degrees=99):
    with transaction.atomic():
        return alerts.raise_alert(KIND, "k1", severity=severity, name="k1", degrees=degrees)


def cleared():
    with transaction.atomic():
        return alerts.clear(KIND, "k1", by="system:stove", why="cooled")


def test_raising_again_tells_the_newest_facts_of_the_same_alert(db):
    first, again = raised(), raised(degrees=100)
    assert first.pk == again.pk
    assert alerts.sentence_of(Alert.objects.get()) == "Kettle k1 has 100 degrees: take it off."
    assert again.raised_at == first.raised_at < again.last_raised_at


def test_severity_rises_but_does_not_fall_while_it_lasts(db):
    raised(Severity.CRITICAL)
    assert raised(Severity.NOTICE).severity == Severity.CRITICAL


def test_each_alert_is_mailed_once_and_again_when_it_becomes_worse(committed_db):
    for _time in range(3):
        raised()
        work.drain()
    assert [message.subject for message in mail.outbox] == ["[警告] Kettle"]
    raised(Severity.CRITICAL)
    work.drain()
    assert [message.subject for message in mail.outbox] == ["[警告] Kettle", "[严重] Kettle"]
    assert mail.outbox[0].to == ["watch@example.org"]


def test_a_telling_that_fails_is_tried_for_a_day_and_a_worse_one_does_not_wait_for_it(committed_db, settings):
    settings.EMAIL_BACKEND, working = "django.core.mail.backends.smtp.EmailBackend", settings.EMAIL_BACKEND
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    raised()
    for _time in range(work.MAX_FAILURES + 1):
        make_due()
        work.run_next()
    row = Work.objects.get(kind=alerts.MAIL)
    assert (row.state, row.failures) == ("waiting", work.MAX_FAILURES + 1)
    assert dt.timedelta(hours=23) < longest_wait(alerts.TRIES) < dt.timedelta(hours=26)
    Work.objects.update(failures=alerts.TRIES - 1)
    make_due()
    work.run_next()
    assert Work.objects.get(kind=alerts.MAIL).state == "parked"
    settings.EMAIL_BACKEND = working
    raised(Severity.CRITICAL)
    work.drain()
    assert [message.subject for message in mail.outbox] == ["[严重] Kettle"]
    work.rerun(row)  # the worse one told it already
    work.drain()
    assert len(mail.outbox) == 1


def make_due():
    Work.objects.update(due_at=clock.real_now() - dt.timedelta(minutes=1))


def longest_wait(failures):
    return sum(map(work.backoff, range(1, failures)), dt.timedelta())


def test_who_sees_to_it_owns_it_and_may_silence_it(committed_db):
    alert = raised()
    alerts.acknowledge(alert, by=ANN, why="called the plumber", silent_for=dt.timedelta(hours=2))
    assert (alert.owner, alert.status) == (ANN, "acknowledged")
    assert TransitionLog.of(alert).get().reason == "called the plumber"


def test_a_silenced_alert_is_told_when_the_silence_ends_if_it_still_holds(committed_db):
    alert = raised()
    work.drain()
    alerts.acknowledge(alert, by=ANN, why="called the plumber", silent_for=dt.timedelta(hours=2))
    raised(Severity.CRITICAL)
    assert work.run_due() == 0 and len(mail.outbox) == 1
    Alert.objects.update(silent_until=clock.real_now())
    work.drain()
    assert [message.subject for message in mail.outbox] == ["[警告] Kettle", "[严重] Kettle"]


def test_a_silence_outlasts_the_alerts_end_and_may_be_prolonged(committed_db):
    alerts.acknowledge(raised(), by=ANN, why="the plumber is at it", silent_for=dt.timedelta(hours=2))
    cleared()
    again = raised()
    assert dt.timedelta(hours=1) < again.silence <= dt.timedelta(hours=2)
    told = alerts.mail(again.telling)
    assert told and told.after > dt.timedelta(hours=1)
    alerts.acknowledge(again, by=ANN, why="he is done", silent_for=dt.timedelta())
    assert not again.silence and mail.outbox == []


def test_a_silence_has_an_end(committed_db):
    with pytest.raises(Problem) as refused:
        alerts.acknowledge(raised(), by=ANN, why="holidays", silent_for=dt.timedelta(days=8))
    assert refused.value.code == "silence_too_long"


def test_it_ends_with_its_cause_and_may_come_back_as_a_new_one(db):
    first = raised()
    assert cleared() and not cleared()
    assert Alert.objects.get().status == "cleared"
    assert raised().pk != first.pk


def test_an_alert_that_is_over_cannot_be_taken_and_is_not_told(committed_db):
    alert = raised()
    cleared()
    with pytest.raises(Problem) as refused:
        alerts.acknowledge(alert, by=ANN, why="late")
    assert refused.value.code == "wrong_state"
    work.drain()
    assert mail.outbox == []


def test_a_sentence_that_misses_a_fact_is_noticed_when_raised(db):
    with pytest.raises(KeyError), transaction.atomic():
        alerts.raise_alert(KIND, "k1", severity=Severity.NOTICE, name="k1")


def test_the_database_keeps_one_alert_of_a_thing(db):
    raised()
    times = {"raised_at": "2026-01-01T00:00Z", "last_raised_at": "2026-01-01T00:00Z"}
    with pytest.raises(IntegrityError):
        Alert.objects.create(kind=KIND, key="k1", severity=1, facts={}, **times)


def test_the_page_of_alerts_shows_words_and_takes_one(committed_db, client, django_user_model):
    alert = raised()
    user = django_user_model.objects.create_superuser(username="ann", password="x")
    client.force_login(user)
    page = client.get("/admin/core/alert/")
    assert "Kettle k1 has 99 degrees" in page.content.decode()
    address = reverse("admin:core_alert_acknowledge", args=[alert.pk])
    client.post(address, {"_form_submitted": "1", "why": "on my way", "silent_hours": "0"})
    alert.refresh_from_db()
    assert alert.owner == "staff:ann"
    with override("en"):
        assert alert.get_status_display() == "somebody sees to it"
