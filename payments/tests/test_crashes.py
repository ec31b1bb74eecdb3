"""kill -9 at each commit point between order and settlement: afterwards the money has moved exactly once."""

import datetime as dt
import os
import signal
import subprocess
import sys
from decimal import Decimal

import pytest

from core.models import Work
from payments.models import PaymentOrder, Transfer
from payments.tests.driving import finish, open_work, work_until
from payments.tests.orderer import cash, nothing_hangs, order
from tests.support.session import ROOT

COMMIT_POINTS = [
    ("payments.sending._begin_attempt", "before"),  # only the order is committed
    ("payments.sending._begin_attempt", "after"),  # the attempt is committed, nothing was sent
    ("payments.channels.instruct", "after"),  # the institution has it, we have not noted that
    ("payments.sending._record", "after"),  # the answer is committed
    ("payments.channels.ask", "after"),  # the end is known and not yet acted on
    ("payments.booking.book", "after"),  # in the middle of settling: nothing of it is committed
    ("payments.settling._take", "after"),  # settled, but the work is not closed
]


@pytest.mark.parametrize(("place", "when"), COMMIT_POINTS)
def test_a_killed_worker_loses_nothing_and_pays_nothing_twice(committed_db, sandbox, orderer, place, when):
    before = cash()
    placed = order("200.94")
    process = subprocess.run(
        [sys.executable, "-m", "payments.tests.doomed_worker", place, when],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": committed_db.url},
        timeout=60,
    )
    assert process.returncode == -signal.SIGKILL
    Work.objects.filter(state="running").update(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    done = work_until(placed, "succeeded")
    finish()
    assert open_work() == []
    assert len(sandbox.book("payouts")["payouts"]) == 1
    assert sandbox.book("payouts", serial=done.serial)["payouts"][0]["status"] == "SUCCESS"
    assert cash() - before == Decimal("-201.94")
    assert Transfer.objects.filter(reference=done.serial).count() == 2
    assert (PaymentOrder.objects.count(), nothing_hangs()) == (1, True)
