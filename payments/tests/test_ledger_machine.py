"""Any sequence of postings, single and many, repeated, altered, pending, posted and voided, by one or by two at once:
the ledger is what a simple model says after every step and at every moment before, and PostgreSQL refuses all else.

A machine of Hypothesis against the real database.
"""

import datetime as dt
import itertools
import os
import threading
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
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
from payments import ledger, pending
from payments.chart import AccountKind, Side, account, normal_side
from payments.ledger import KeyReused, Line, Posting
from payments.models import Entry, PendingTransfer, Transfer
from payments.pending import AlreadyResolved

EXAMPLES = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 5
DAY = dt.date(2026, 11, 23)
_numbers = itertools.count(1)
which = st.integers(0, 10**6)
amounts = st.integers(1, 10**10).map(lambda fen: Decimal(fen) / 100)
forbidden = st.sampled_from(
    [
        "UPDATE payments_entry SET amount = amount + 1",
        "DELETE FROM payments_entry",
        "UPDATE payments_transfer SET business_date = '2020-01-01'",
        "DELETE FROM payments_transfer",
        "UPDATE payments_pendingtransfer SET amount = amount + 1",
        "DELETE FROM payments_pendingtransfer",
        "UPDATE payments_resolution SET transfer_id = NULL",
        "DELETE FROM payments_resolution",
        "INSERT INTO payments_resolution SELECT pending_id, NULL, now() FROM payments_resolution",
        "INSERT INTO payments_resolution SELECT held.id, other.id, now() FROM payments_pendingtransfer AS held,"
        " payments_transfer AS other WHERE held.key <> other.key",
        "INSERT INTO payments_entry (transfer_id, account, side, amount)"
        " SELECT id, 'suspense', 'debit', 1 FROM payments_transfer",
    ]
)


@st.composite
def lines(draw):
    """Balanced entries: a debit, and one credit or two that split it."""
    amount, accounts = draw(amounts), st.integers(0, 3)
    part = draw(st.integers(0, int(amount * 100))) / Decimal(100)
    credits = [(draw(accounts), each) for each in (part, amount - part) if each]
    return [(draw(accounts), Side.DEBIT, amount), *((one, Side.CREDIT, each) for one, each in credits)]


class LedgerMachine(RuleBasedStateMachine):
    """A ledger beside a dictionary that says what ought to be in it.

    Whether a rule may run never hangs on which of two threads was the first: Hypothesis repeats what it drew.
    """

    @initialize()
    def begins(self):
        owner = f"m{next(_numbers)}"
        kinds = (AccountKind.LOAN_PRINCIPAL, AccountKind.FUND_POOL, AccountKind.INTEREST_INCOME)
        self.codes = [
            *(account(kind, funder=owner) for kind in kinds),
            account(AccountKind.CHANNEL_CASH, channel=owner),
        ]
        self.prefix = owner
        self.posted, self.held, self.voided = {}, {}, set()
        self.moments = []

    @rule(drawn=lines())
    def is_posted(self, drawn):
        key = self._new_key()
        self.posted[key] = self._lines(drawn)
        self._post(key)
        self._remember()

    @rule(drawn=st.lists(lines(), min_size=1, max_size=4), which=which)
    def are_posted_together(self, drawn, which):
        """New ones, and an old one among them."""
        keys = [self._new_key() for _ in drawn]
        old = [self._key(which)] if self.posted else []
        self.posted |= dict(zip(keys, map(self._lines, drawn), strict=True))
        self._post_many([*keys, *old])
        self._remember()

    @rule(which=which)
    def is_posted_again(self, which):
        if not self.posted:
            return
        key = self._key(which)
        assert self._post(key).pk == Transfer.objects.get(key=key).pk

    @rule(which=which, together=st.booleans())
    def is_posted_again_with_other_content(self, which, together):
        """And whatever came with it in one call is not there either."""
        if not self.posted:
            return
        key, fresh = self._key(which), self._new_key()
        with pytest.raises(KeyReused):
            if together:
                self._post_many([fresh, key], by=Decimal("0.01"))
            else:
                self._post(key, by=Decimal("0.01"))

    @rule(drawn=lines())
    def two_post_it_at_once(self, drawn):
        key = self._new_key()
        self.posted[key] = self._lines(drawn)
        found = _at_once(lambda: self._post(key).pk, lambda: self._post(key).pk)
        assert len(set(found)) == 1
        self._remember()

    @rule(amount=amounts, one=st.integers(0, 3), other=st.integers(0, 3))
    def is_pending(self, amount, one, other):
        key = self._new_key()
        self.held[key] = (self.codes[one], self.codes[other], amount)
        for _time in range(2):
            self._hold(key)
        with pytest.raises(KeyReused):
            self._hold(key, by=Decimal("0.01"))

    @precondition(lambda self: self.held)
    @rule(which=which, posts=st.lists(st.booleans(), min_size=1, max_size=3))
    def is_resolved(self, which, posts):
        """The first word counts; the same again is harmless, the contrary refused."""
        key = self._key(which, self.held)
        for each in posts:
            if (key in self.posted and not each) or (key in self.voided and each):
                with pytest.raises(AlreadyResolved):
                    self._resolve(key, each)
            else:
                self._resolve(key, each)
                self._note(key, each)

    @precondition(lambda self: set(self.held) - set(self.posted) - self.voided)
    @rule(one=st.booleans(), other=st.booleans())
    def two_resolve_it_at_once(self, one, other):
        key = min(set(self.held) - set(self.posted) - self.voided)
        done = _at_once(*(lambda each=each: self._tried(key, each) for each in (one, other)))
        assert (done == [True, True]) == (one == other)
        self._note(key, Transfer.objects.filter(key=key).exists())

    @precondition(lambda self: self.held)
    @rule(statement=forbidden)
    def somebody_forges(self, statement):
        if not self.posted:
            return
        if "_resolution" in statement and not (set(self.posted) | self.voided) & set(self.held):
            return  # there is none to forge
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount, "nothing was touched"

    @invariant()
    def is_what_the_model_says(self):
        if not hasattr(self, "codes"):
            return
        for code in self.codes:
            balance = self._balance(self.posted.values(), code)
            assert ledger.balance(code) == balance
            assert pending.available(code) == balance - self._taken(code)
        mine = Transfer.objects.filter(key__startswith=f"{self.prefix}-")
        assert set(mine.values_list("key", flat=True)) == set(self.posted)
        assert Entry.objects.filter(transfer__in=mine).count() == sum(map(len, self.posted.values()))
        waiting = pending.in_flight().filter(key__startswith=f"{self.prefix}-").values_list("key", flat=True)
        assert set(waiting) == set(self.held) - set(self.posted) - self.voided

    def teardown(self):
        """Every moment is still what it was, and all sums are even."""
        for moment, count in getattr(self, "moments", []):
            for code in self.codes:
                known = itertools.islice(self.posted.values(), count)
                assert ledger.balance(code, until=moment) == self._balance(known, code)
        rows = ledger.trial_balance(clock.today())
        assert sum(row.debit_balance for row in rows) == sum(row.credit_balance for row in rows)

    def _new_key(self):
        return f"{self.prefix}-{next(_numbers)}"

    def _key(self, which, among=None):
        keys = list(among or self.posted)
        return keys[which % len(keys)]

    def _lines(self, drawn):
        return [Line(self.codes[place], side, amount) for place, side, amount in drawn]

    def _content(self, key, by):
        """What is posted under a key; `by` makes it other content, still balanced."""
        known = self.posted.get(key) or self._lines([(0, Side.DEBIT, Decimal(1)), (1, Side.CREDIT, Decimal(1))])
        return [*known, *(Line(self.codes[0], side, by) for side in Side if by)]

    @transaction.atomic
    def _post(self, key, by=Decimal(0)):
        purpose, reference = ("p", "r") if key not in self.held else ("held", key)
        entries = self._content(key, by)
        return ledger.post(key=key, business_date=DAY, purpose=purpose, reference=reference, entries=entries)

    @transaction.atomic
    def _post_many(self, keys, by=Decimal(0)):
        named = {key: ("p", "r") if key not in self.held else ("held", key) for key in keys}
        postings = [Posting(key, *named[key], self._content(key, by)) for key in keys]
        ledger.post_many(postings, business_date=DAY)

    @transaction.atomic
    def _hold(self, key, by=Decimal(0)):
        debit, credit, amount = self.held[key]
        pending.hold(key=key, purpose="held", reference=key, debit=debit, credit=credit, amount=amount + by)

    @transaction.atomic
    def _resolve(self, key, posts):
        return pending.post(key=key, business_date=DAY) if posts else pending.void(key=key)

    def _tried(self, key, posts):
        try:
            self._resolve(key, posts)
        except AlreadyResolved:
            return False
        return True

    def _note(self, key, posts):
        if not posts:
            self.voided.add(key)
        elif key not in self.posted:
            debit, credit, amount = self.held[key]
            self.posted[key] = [ledger.debit(debit, amount), ledger.credit(credit, amount)]
            self._remember()

    def _remember(self):
        last = Transfer.objects.latest("posted_at").posted_at
        self.moments.append((last, len(self.posted)))

    def _balance(self, postings, code):
        sums = defaultdict(Decimal)
        for line in itertools.chain(*postings):
            sums[line.account, line.side] += line.amount
        normal = normal_side(code)
        return sums[code, normal] - sums[code, normal.other]

    def _taken(self, code):
        waiting = [held for key, held in self.held.items() if key not in self.posted and key not in self.voided]
        place = 1 if normal_side(code) is Side.DEBIT else 0
        return sum((held[2] for held in waiting if held[place] == code), Decimal(0))


def _at_once(*actions):
    start, results = threading.Barrier(len(actions)), []

    def one(action):
        try:
            start.wait()
            results.append(action())
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(actions)
    return results


def test_whatever_is_posted_the_ledger_is_what_a_simple_model_says(committed_db):
    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=EXAMPLES, stateful_step_count=15, deadline=None)
    )


def test_what_is_pending_is_between_accounts_of_the_chart(committed_db):
    with pytest.raises(ValueError), transaction.atomic():
        pending.hold(key="k", purpose="p", reference="r", debit="petty_cash", credit="suspense", amount=Decimal(1))
    assert not PendingTransfer.objects.exists()
