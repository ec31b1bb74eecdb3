"""Every yuan moves by balanced, append-only entries, whoever writes them."""

import datetime as dt
import threading
from decimal import Decimal
from itertools import chain

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.serials import is_valid_serial
from payments import ledger
from payments.chart import NATURES, AccountKind, Owner, Side, account, kind_of
from payments.ledger import KeyReused, Line, credit, debit
from payments.models import Account, Entry, Transfer

DAY = dt.date(2026, 11, 23)
POOL = account(AccountKind.FUND_POOL, funder="ledger-test")
LOANS = account(AccountKind.LOAN_PRINCIPAL, funder="ledger-test")
INCOME = account(AccountKind.INTEREST_INCOME, funder="ledger-test")


def post(key="k", lines=None, **changes):
    content = {"business_date": DAY, "purpose": "drawdown", "reference": "LN1", **changes}
    with transaction.atomic():
        return ledger.post(
            key=key,
            entries=lines or [debit(LOANS, Decimal("100.00")), credit(POOL, Decimal("100.00"))],
            **content,
        )


def run(*statements):
    """Statements in one transaction of their own, as an attacker with a superuser's connection would run them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def posting(key, amount="7.00", reference="LN1"):
    lines = [debit(LOANS, Decimal(amount)), credit(POOL, Decimal(amount))]
    return ledger.Posting(key=key, purpose="drawdown", reference=reference, entries=lines)


def post_many(*postings):
    with transaction.atomic():
        ledger.post_many(postings, business_date=DAY)


@pytest.mark.django_db
class TestPostingMany:
    def test_many_are_posted_as_one_by_one(self):
        post_many(*(posting(f"m{number}", f"{number}.05", f"LN{number}") for number in range(1, 40)))
        for number in range(1, 40):
            again = posting(f"m{number}", f"{number}.05", f"LN{number}")
            with transaction.atomic():
                same = ledger.post(
                    key=again.key,
                    business_date=DAY,
                    purpose=again.purpose,
                    reference=again.reference,
                    entries=again.entries,
                )
            assert [(e.account_id, e.side, e.amount) for e in same.entries.order_by("id")] == [
                (line.account, line.side, line.amount) for line in again.entries
            ]
            assert is_valid_serial(same.serial)
        assert Transfer.objects.filter(key__startswith="m").count() == 39

    def test_what_is_posted_already_is_not_posted_again(self):
        post_many(posting("a"))
        post_many(posting("a"), posting("b"))
        assert ledger.balance(LOANS) == Decimal("14.00")
        assert Transfer.objects.filter(key__in=["a", "b"]).count() == 2

    @pytest.mark.parametrize("second", [posting("a", "8.00"), posting("a", reference="LN2")])
    def test_a_key_with_other_content_refuses_all(self, second):
        post_many(posting("a"))
        with pytest.raises(KeyReused):
            post_many(posting("b"), second)
        assert not Transfer.objects.filter(key="b").exists()

    def test_a_key_twice_in_one_call_is_refused(self):
        with pytest.raises(KeyReused):
            post_many(posting("a"), posting("a"))
        assert not Transfer.objects.filter(key="a").exists()

    def test_none_are_posted_when_one_does_not_balance(self):
        crooked = ledger.Posting("b", "drawdown", "LN1", [debit(LOANS, Decimal(1)), credit(POOL, Decimal(2))])
        with pytest.raises(ValueError, match="do not balance"):
            post_many(posting("a"), crooked)
        assert not Transfer.objects.filter(key="a").exists()


@pytest.mark.django_db
class TestPosting:
    def test_a_posting_moves_balances(self):
        transfer = post()
        assert (ledger.balance(LOANS), ledger.balance(POOL)) == (Decimal("100.00"), Decimal("100.00"))
        assert (transfer.amount, transfer.purpose, transfer.business_date) == (Decimal("100.00"), "drawdown", DAY)
        assert [(e.account_id, e.side, e.amount) for e in ledger.entries_for("LN1")] == [
            (LOANS, "debit", Decimal("100.00")),
            (POOL, "credit", Decimal("100.00")),
        ]
        assert Account.objects.get(code=LOANS).owner == "ledger-test"

    def test_its_serial_number_is_one_of_ours(self):
        serials = [post(key=str(number)).serial for number in range(40)]
        assert all(map(is_valid_serial, serials))
        assert {serial[:10] for serial in serials} == {"20261123TR"}

    def test_the_same_key_and_content_is_the_first_transfer(self):
        first = post()
        assert post() == first
        assert Entry.objects.filter(transfer=first).count() == 2

    @pytest.mark.parametrize(
        "change",
        [
            {"reference": "LN2"},
            {"purpose": "other"},
            {"business_date": DAY + dt.timedelta(days=1)},
            {"lines": [debit(LOANS, Decimal("100.01")), credit(POOL, Decimal("100.01"))]},
            {"lines": [debit(INCOME, Decimal("100.00")), credit(POOL, Decimal("100.00"))]},
            {"lines": [credit(LOANS, Decimal("100.00")), debit(POOL, Decimal("100.00"))]},
        ],
    )
    def test_the_same_key_with_other_content_is_refused(self, change):
        post()
        with pytest.raises(KeyReused):
            post(**change)
        assert ledger.balance(LOANS) == Decimal("100.00")

    @pytest.mark.parametrize(
        "lines",
        [
            [debit(LOANS, Decimal("100.00"))],
            [debit(LOANS, Decimal("100.00")), credit(POOL, Decimal("99.99"))],
            [debit(LOANS, Decimal("0.00")), credit(POOL, Decimal("0.00"))],
            [debit(LOANS, Decimal("-5.00")), credit(POOL, Decimal("-5.00"))],
            [debit(LOANS, Decimal("0.005")), credit(POOL, Decimal("0.005"))],
            [debit("petty_cash", Decimal("1.00")), credit(POOL, Decimal("1.00"))],
        ],
    )
    def test_what_cannot_be_posted_is_refused_before_it_is_sent(self, lines):
        with pytest.raises(ValueError):
            post(lines=lines)
        assert not Transfer.objects.filter(key="k").exists()

    def test_a_balance_is_known_for_any_day(self):
        post("1")
        post("2", business_date=DAY + dt.timedelta(days=2))
        days = [DAY + dt.timedelta(days=number) for number in (-1, 0, 1, 2)]
        assert [ledger.balance(LOANS, day) for day in days] == [
            Decimal(x) for x in ("0.00", "100.00", "100.00", "200.00")
        ]

    def test_outside_a_transaction_nothing_is_posted(self):
        with pytest.raises(RuntimeError, match="open transaction"):
            ledger.post(
                key="x",
                business_date=DAY,
                purpose="p",
                reference="r",
                entries=[debit(LOANS, Decimal("1.00")), credit(POOL, Decimal("1.00"))],
            )


amounts = st.integers(1, 10**12).map(lambda fen: Decimal(fen) / 100)


@st.composite
def balanced_lines(draw):
    """Debits of any amounts, and credits that split their sum anew."""
    debits = draw(st.lists(amounts, min_size=1, max_size=5))
    rest, credits = sum(debits), []
    for _ in range(draw(st.integers(0, 3))):
        part = draw(st.integers(0, int(rest * 100))) / Decimal(100)
        if 0 < part < rest:
            credits.append(part)
            rest -= part
    accounts = st.sampled_from([LOANS, POOL, INCOME])
    lines = [Line(draw(accounts), Side.DEBIT, amount) for amount in debits]
    return lines + [Line(draw(accounts), Side.CREDIT, amount) for amount in [*credits, rest]]


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(st.lists(balanced_lines(), min_size=1, max_size=4))
def test_whatever_is_posted_the_trial_balance_balances_and_the_sums_are_kept(postings):
    with transaction.atomic():
        for number, lines in enumerate(postings):
            post(f"h{number}", lines)
            post(f"h{number}", lines)
        rows = {row.account: row for row in ledger.trial_balance(DAY)}
        assert sum(row.debit_balance for row in rows.values()) == sum(row.credit_balance for row in rows.values())
        for code in (LOANS, POOL, INCOME):
            for side, total in ((Side.DEBIT, "debits"), (Side.CREDIT, "credits")):
                expected = sum(x.amount for lines in postings for x in lines if (x.account, x.side) == (code, side))
                assert (getattr(rows[code], total) if code in rows else 0) == expected
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None)
@given(st.lists(balanced_lines(), min_size=1, max_size=6))
def test_at_any_moment_the_balances_are_what_had_been_posted_until_then(postings):
    with transaction.atomic():
        moments = [(clock.real_now() - dt.timedelta(microseconds=1), [])]
        for number, lines in enumerate(postings):
            post(f"m{number}", lines)
            moments.append((Transfer.objects.latest("id").posted_at, postings[: number + 1]))
        for moment, posted in moments:
            rows = {row.account: row for row in ledger.trial_balance_at(moment)}
            assert sum(row.debit_balance for row in rows.values()) == sum(row.credit_balance for row in rows.values())
            for code in (LOANS, POOL, INCOME):
                signed = [x.amount if x.side == Side.DEBIT else -x.amount for x in chain(*posted) if x.account == code]
                assert ledger.balance(code, until=moment) == (sum(signed) if code == LOANS else -sum(signed))
        transaction.set_rollback(True)


TRANSFER = """INSERT INTO payments_transfer
    (serial, key, content_hash, business_date, purpose, reference, amount, posted_at)
    VALUES ('S', 'attack', '', '2026-11-23', 'p', 'r', {amount}, now())"""


def entries(*lines, key="attack"):
    """One statement that enters all `lines`, each of side, amount and account."""
    rows = ", ".join(f"('{code}', '{side}', {amount})" for side, amount, code in lines)
    return f"""INSERT INTO payments_entry (transfer_id, account, side, amount)
        SELECT id, line.* FROM payments_transfer, (VALUES {rows}) AS line WHERE key = '{key}'"""


def entry(side, amount, *, key="attack", code=LOANS):
    return entries((side, amount, code), key=key)


@pytest.mark.django_db
class TestAttacks:
    """PostgreSQL refuses, for the owner of the tables too."""

    @pytest.fixture(autouse=True)
    def _honest_posting(self):
        post("honest")
        run()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE payments_entry SET amount = 1",
            "UPDATE payments_entry SET side = 'credit'",
            "DELETE FROM payments_entry",
            "TRUNCATE payments_entry",
            "TRUNCATE payments_transfer CASCADE",
            "UPDATE payments_transfer SET reference = 'x'",
            "DELETE FROM payments_transfer",
            "UPDATE payments_account SET code = 'x'",
            "DELETE FROM payments_account",
        ],
    )
    def test_nothing_is_changed_or_deleted(self, statement):
        with pytest.raises(IntegrityError, match="append-only"):
            run(statement)
        assert ledger.balance(LOANS) == Decimal("100.00")

    def test_not_even_in_replica_role(self):
        with pytest.raises(IntegrityError, match="append-only"):
            run("SET LOCAL session_replication_role = replica", "UPDATE payments_entry SET amount = 1")

    @pytest.mark.parametrize(
        ("statements", "refusal"),
        [
            ([TRANSFER.format(amount=5)], "does not balance"),
            ([TRANSFER.format(amount=5), entry("debit", 5)], "does not balance"),
            ([TRANSFER.format(amount=5), entries(("debit", 5, LOANS), ("credit", 4, LOANS))], "does not balance"),
            ([TRANSFER.format(amount=9), entries(("debit", 5, LOANS), ("credit", 5, LOANS))], "does not balance"),
            ([TRANSFER.format(amount=5), entry("debit", 5), entry("credit", 5)], "does not balance"),
            ([TRANSFER.format(amount=0)], "amount_positive"),
            ([TRANSFER.format(amount=5), entry("debit", -5)], "amount_positive"),
            ([TRANSFER.format(amount=5), entry("debit", 0)], "amount_positive"),
            ([TRANSFER.format(amount=5), entry("both", 5)], "entry_side"),
            (
                [TRANSFER.format(amount=5), entries(("debit", 5, LOANS), ("credit", 5, "fund_pool:stranger"))],
                "not open",
            ),
            ([entry("debit", 5, key="honest")], "does not balance"),
            ([entries(("debit", 5, LOANS), ("credit", 5, LOANS), key="honest")], "does not balance"),
            ([entries(("debit", 100, LOANS), ("credit", 100, LOANS), key="honest")], "does not balance"),
            (
                [
                    "SET LOCAL session_replication_role = replica",
                    entries(("debit", 5, LOANS), ("credit", 5, LOANS), key="honest"),
                ],
                "does not balance",
            ),
            (
                [
                    "SELECT ledger_post('a', '2026-11-23', 'p', 'r', ARRAY['fund_pool:x','fund_pool:y'],"
                    " ARRAY['debit','credit'], ARRAY[5, 4]::numeric[])"
                ],
                "does not balance",
            ),
            (
                [
                    "SELECT ledger_post('a', '2026-11-23', 'p', 'r', ARRAY['petty:x','fund_pool:y'],"
                    " ARRAY['debit','credit'], ARRAY[5, 5]::numeric[])"
                ],
                "account_kind",
            ),
        ],
    )
    def test_an_unbalanced_or_slipped_in_posting_is_refused(self, statements, refusal):
        with pytest.raises(IntegrityError, match=refusal):
            run(*statements)
        assert Transfer.objects.exclude(key="honest").filter(reference="r").count() == 0

    def test_python_refuses_too(self):
        with pytest.raises(TypeError):
            Entry.objects.first().save()
        with pytest.raises(TypeError):
            Transfer.objects.get(key="honest").delete()


def test_a_transfer_without_entries_is_refused_at_commit(committed_db):
    with pytest.raises(DatabaseError, match="does not balance"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TRANSFER.format(amount=5))
        reached_the_end = True
    assert reached_the_end
    assert Transfer.objects.filter(key="attack").count() == 0


def in_threads(count, action):
    start, results = threading.Barrier(count), []

    def one(number):
        start.wait()
        try:
            results.append(action(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_rivals_with_one_key_post_once(committed_db):
    serials = in_threads(8, lambda number: post("same").serial)
    assert len(serials) == 8
    assert len(set(serials)) == 1
    assert ledger.balance(LOANS) == Decimal("100.00")


def test_the_first_postings_to_a_new_account_do_not_hinder_each_other(committed_db):
    transfers = in_threads(8, lambda number: post(f"k{number}"))
    assert len(transfers) == 8
    assert ledger.balance(LOANS) == Decimal("800.00")
    assert Account.objects.filter(code=LOANS).count() == 1


def test_mixed_postings_do_not_deadlock(committed_db):
    def many(number):
        accounts = [LOANS, POOL, INCOME]
        for turn in range(25):
            one, other = accounts[(number + turn) % 3], accounts[(number + 2 * turn + 1) % 3]
            post(f"{number}-{turn}", [debit(one, Decimal("1.00")), credit(other, Decimal("1.00"))])
        return number

    assert sorted(in_threads(6, many)) == list(range(6))
    assert Transfer.objects.filter(reference="LN1").count() == 150


def test_the_chart_names_an_owner_where_there_is_one():
    assert set(NATURES) == set(AccountKind)
    assert account(AccountKind.SUSPENSE) == "suspense"
    assert kind_of(account(AccountKind.CHANNEL_CASH, channel="payment")) is AccountKind.CHANNEL_CASH
    for kind, nature in NATURES.items():
        if nature.owner is not Owner.HOUSE:
            with pytest.raises(ValueError, match=nature.owner.value):
                account(kind)
    with pytest.raises(ValueError, match="house"):
        account(AccountKind.SUSPENSE, funder="x")
