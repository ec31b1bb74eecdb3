"""Any life of an order: news that is late, doubled, out of order, contradictory, or brought by two at the same moment.

A machine of Hypothesis against the real database, where what two say at once runs in two threads with connections of
their own.
"""

import datetime as dt
import itertools
import os
import threading
from decimal import Decimal

from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import clock
from payments import callbacks, channels, querying, sending, settling
from payments.channels import Finding, State
from payments.models import ChannelNotice, OrderKind, PaymentAttempt, PaymentOrder, Transfer
from payments.routing import Lane
from payments.tests import routes
from payments.tests.driving import let_pass
from payments.tests.orderer import cash, nothing_hangs, order

EXAMPLES = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 10
AMOUNT, FEE = Decimal("1234.56"), Decimal("1.00")
ENDED = {"succeeded", "failed", "returned"}
# Where an order may be next, seen from outside; several steps may have been taken between two looks.
AHEAD = {
    "created": {"sending", "accepted", "unknown", *ENDED},
    "sending": {"accepted", "unknown", *ENDED},
    "unknown": {"sending", "accepted", *ENDED},
    "accepted": ENDED,
    "succeeded": {"returned"},
    "failed": {"succeeded", "returned"},
    "returned": set(),
}
HEARD = {"succeeded": ["succeeded"], "failed": ["failed"], "returned": ["succeeded", "returned"]}
TRANSFERS = {"succeeded": 2, "returned": 3}
AGREES = {"SUCCESS": {"succeeded", "returned"}, "FAILED": {"failed"}, "RETURNED": {"returned"}}
_numbers = itertools.count(1)
words = st.sampled_from(["PROCESSING", "SUCCESS", "FAILED", "RETURNED", "NEVER HEARD OF"])
answers = st.sampled_from(
    [State.ACCEPTED, State.SUCCEEDED, State.FAILED, State.RETURNED, State.UNKNOWN, State.NOT_FOUND, State.NEVER_SENT]
)


class OrderLife(RuleBasedStateMachine):
    """One order, told of by whoever may tell of it.

    Whether a rule may run never hangs on which of two threads was the first: Hypothesis repeats what it drew.
    """

    orderer = None

    @initialize(kind=st.sampled_from(OrderKind))
    def is_placed(self, kind):
        let_pass(dt.timedelta(days=1))  # what earlier examples tried no longer counts
        self.orderer.outcomes.clear()
        self.before = cash()
        self.order = order(str(AMOUNT), kind, reference=f"LIFE{next(_numbers)}")
        self.last, self.notices = "created", []

    @rule(answer=answers)
    def is_sent(self, answer):
        """As work "send_order" does it, with this for the institution's answer."""
        attempt = sending._begin_attempt(self.order.serial)
        if isinstance(attempt, PaymentAttempt) and answer is not State.NOT_FOUND:
            finding = self._finding(answer, "answer")
            sending._record(attempt, finding)
            self._settle(finding)

    @precondition(lambda self: self._attempt())
    @rule(answer=answers, late=st.booleans())
    def is_asked_about(self, answer, late):
        """As work "query_order" does it. `late`: nothing that was sent can still arrive."""
        finding, attempt = self._finding(answer, "query"), self._attempt()
        if not attempt.order.is_in_flight or answer is State.NEVER_SENT:
            return
        if answer is State.NOT_FOUND:
            (querying._too_late if late else lambda one, _: querying._have_it_sent_again(one))(attempt, finding)
        elif answer not in channels.ENDS:
            querying._not_yet(attempt, finding)
        self._settle(finding)

    @precondition(lambda self: self._attempt())
    @rule(answer=st.sampled_from(channels.ENDS))
    def is_asked_about_again(self, answer):
        """As work "recheck_order" does it, because a notice or a statement says that it was paid after all."""
        if self.last != "failed":
            return
        self._settle(self._finding(answer, channels.ASKED))

    @precondition(lambda self: self._attempt())
    @rule(word=words)
    def is_told_of(self, word):
        self.notices.append(self._notice(word))
        self._apply(self.notices[-1])

    @precondition(lambda self: self.notices)
    @rule(data=st.data())
    def is_told_again(self, data):
        self._apply(data.draw(st.sampled_from(self.notices)))

    @precondition(lambda self: self._attempt())
    @rule(one=words, other=words, same=st.booleans())
    def is_told_of_by_two_at_once(self, one, other, same):
        notices = [self._notice(one), self._notice(one if same else other)]
        start, failures = threading.Barrier(2), []
        threads = [threading.Thread(target=self._apply_beside, args=(each, start, failures)) for each in notices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        self.notices += notices

    @invariant()
    def is_whole(self):
        """It has only moved ahead; money, postings and what the orderer heard are those of where it stands."""
        status = PaymentOrder.objects.get(pk=self.order.pk).status
        assert status == self.last or status in AHEAD[self.last], (self.last, status)
        self.last = status
        heard = self.orderer.heard
        assert heard == HEARD.get(status, []) or heard == ["failed", *HEARD.get(status, [])]
        assert Transfer.objects.filter(reference=self.order.serial).count() == TRANSFERS.get(status, 0)
        moved = AMOUNT if self.order.kind == OrderKind.COLLECTION else -AMOUNT
        assert cash() - self.before == {"succeeded": moved - FEE, "returned": -FEE}.get(status, 0)
        assert nothing_hangs()
        numbers = PaymentAttempt.objects.filter(order=self.order).values_list("out_trade_no", flat=True)
        assert set(numbers) <= {self.order.serial}

    def _attempt(self):
        attempts = PaymentAttempt.objects.filter(order=self.order)
        return attempts.select_related("order").order_by("no").last()

    def _finding(self, state, source):
        return Finding(state, source, channel_trade_no="PY1", amount=AMOUNT, fee=FEE)

    def _settle(self, finding):
        if finding.state in channels.ENDS:
            try:
                settling.settle(self.order.serial, finding)
            except settling.Contradiction:
                assert self.last in ENDED

    def _notice(self, word):
        return ChannelNotice.objects.create(
            channel="payment",
            notification_id=f"N{next(_numbers)}",
            out_trade_no=self.order.serial,
            channel_trade_no="PY1",
            status=word,
            amount=AMOUNT,
            fee=FEE,
            received_at=clock.real_now(),
        )

    def _apply(self, notice):
        try:
            callbacks.apply(str(notice.pk))
        except settling.Contradiction:
            # Parked for a person: it must really contradict. That nothing has changed is for the invariant to say.
            assert PaymentOrder.objects.get(pk=self.order.pk).status not in AGREES[notice.status]

    def _apply_beside(self, notice, start, failures):
        try:
            start.wait()
            self._apply(notice)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()


def test_any_life_of_an_order_moves_money_once(committed_db, orderer):
    routes.rule(*(Lane("payment", kind=kind) for kind in OrderKind))  # where several may take it: test_order_machine
    machine = type("OrderLifeHere", (OrderLife,), {"orderer": orderer})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=12, deadline=None))
