"""Running work and waiting for the world, in tests."""

import datetime as dt
import time
from typing import Any

from django.db.models import F

from core import work
from core.models import TransitionLog, Work
from payments.models import PaymentAttempt, PaymentOrder


def work_until(order: PaymentOrder, *statuses: str, seconds: float = 15) -> PaymentOrder:
    """Do work that is due, early if need be, until the order stands as wanted."""
    deadline = time.monotonic() + seconds
    while True:
        order = PaymentOrder.objects.get(pk=order.pk)
        if order.status in statuses:
            return order
        assert time.monotonic() < deadline, f"{order} is {order.status}, {open_work()}"
        hurry()
        work.run_due()
        time.sleep(0.05)


def hurry() -> None:
    """Make all waiting work due."""
    Work.objects.filter(state=Work.State.WAITING).exclude(kind="settle_day").update(due_at="2000-01-01T00:00:00Z")


def let_pass(passing: dt.timedelta) -> None:
    """All attempts were made, and answered, so much earlier."""
    PaymentAttempt.objects.update(sent_at=F("sent_at") - passing, answered_at=F("answered_at") - passing)


def open_work() -> list[tuple[str, str, str]]:
    """What is still to be done, and how it stands."""
    rows = Work.objects.exclude(state=Work.State.DONE).exclude(kind="settle_day")
    return list(rows.order_by("id").values_list("kind", "key", "state"))


def finish() -> None:
    """Do all work but the settlement of the day, until none is open but what is parked."""
    for _ in range(200):
        hurry()
        work.run_due()
        if all(state == Work.State.PARKED for _kind, _key, state in open_work()):
            return
        time.sleep(0.03)
    raise AssertionError(open_work())


def history(order: PaymentOrder) -> list[Any]:
    """The states the order went through."""
    return [row.to_status for row in TransitionLog.of(order)]
