"""The promise: an alert before a payout misses its two hours, one a place, over when its cause is."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts import staff
from accounts.roles import Role
from core import alerts, clock
from core.models import Alert
from payments import lateness
from payments.models import PaymentOrder
from payments.tests.orderer import order

pytestmark = pytest.mark.usefixtures("committed_db", "in_english")


def waiting(minutes, reference, **changes):
    """A payout that was confirmed so long ago."""
    placed = order(reference=reference)
    confirmed_at = clock.real_now() - dt.timedelta(minutes=minutes)
    PaymentOrder.objects.filter(pk=placed.pk).update(confirmed_at=confirmed_at, **changes)
    return placed


def open_alerts():
    return {alert.key: alert for alert in Alert.objects.filter(kind=lateness.KIND).exclude(status="cleared")}


def test_a_payout_in_good_time_raises_nothing():
    waiting(44, "A")
    lateness.watch()
    assert not open_alerts()


@pytest.mark.parametrize(("minutes", "severity"), [(46, 2), (89, 2), (91, 3), (600, 3)])
def test_before_two_hours_are_over_somebody_is_told_and_ever_more_urgently(minutes, severity):
    placed = waiting(minutes, "A")
    lateness.watch()
    [alert] = open_alerts().values()
    assert (alert.key, alert.severity) == ("not sent", severity)
    assert f"the oldest, {placed.serial}, for {minutes} minutes" in alerts.sentence_of(alert)


def test_one_alert_a_place_however_many_there_are():
    for number in range(3):
        waiting(50 + number, f"A{number}")
    waiting(70, "B", channel="payment")
    for _time in range(2):
        lateness.watch()
    assert {key: alert.facts["count"] for key, alert in open_alerts().items()} == {"not sent": 3, "payment": 1}
    assert Alert.objects.count() == 2


def test_it_ends_when_the_order_does():
    placed = waiting(60, "A")
    lateness.watch()
    PaymentOrder.objects.filter(pk=placed.pk).delete()
    lateness.watch()
    assert Alert.objects.get().status == "cleared"


def test_officers_find_these_orders(client):
    late, good = waiting(60, "A"), waiting(1, "B")
    client.force_login(staff.hire(username="fin", password="long-enough-7!", role=Role.FINANCE_OFFICER))
    page = client.get(reverse("admin:payments_paymentorder_changelist"), {"promise": "slow"}).content.decode()
    assert late.serial in page
    assert good.serial not in page
