"""Whatever a superuser alters behind the guards' back is found, and the first altered row is named."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from payments import canonical, ledger, seal_keys, sealing, verification
from payments.chart import AccountKind, account
from payments.models import Entry, Seal, Transfer
from payments.tests.books import DAY, LOANS, POOL, post, seal_all, tamper, tomorrow

pytestmark = pytest.mark.usefixtures("in_english")


@pytest.fixture
def sealed(empty_ledger, monkeypatch):
    """Seven transfers in three half hours' seals and one day's, read two at a time, and one that is not sealed."""
    monkeypatch.setattr(sealing, "LARGEST", 3)
    monkeypatch.setattr(verification, "CHUNK", 2)
    transfers = [post(f"t{number}") for number in range(7)]
    assert len(seal_all(tomorrow(transfers[-1]))) == 4
    return [*transfers, post("tail")]


def fault():
    return verification.verify().fault


def entry_of(transfer, side="debit"):
    return transfer.entries.get(side=side)


def test_a_whole_ledger_is_whole(sealed):
    report = verification.verify()
    assert (report.seals, report.sealed, report.unsealed, report.fault) == (4, 7, 1, None)
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "7" in out.getvalue()


def test_so_is_what_was_posted_many_at_once(empty_ledger):
    """Every purpose of lines, and amounts and references of many forms."""
    postings = [
        ledger.Posting(
            key=f"many {number}",
            purpose="repayment",
            reference=reference,
            entries=[
                ledger.debit(POOL, Decimal(number)),
                ledger.credit(LOANS, Decimal("0.01")),
                ledger.credit(account(AccountKind.SUSPENSE), number - Decimal("0.01")),
            ],
        )
        for number, reference in enumerate(["LN1", "a b", 'quoted "x"', "逗号,", "back\\slash", "{}", ""], 1)
    ]
    with transaction.atomic():
        ledger.post_many(postings, business_date=DAY)
    assert (fault(), verification.verify().unsealed) == (None, 7)
    seal_all(tomorrow(Transfer.objects.first()))
    assert (fault(), verification.verify().sealed) == (None, 7)


def test_so_is_an_empty_one(empty_ledger):
    assert fault() is None


class TestAlteredRows:
    """The fifth transfer: in the second seal, after whole ones."""

    @pytest.fixture(autouse=True)
    def _victim(self, sealed):
        self.victim = sealed[4]
        self.entry = entry_of(self.victim)

    def expect(self, table, row, what):
        found = fault()
        assert (found.table, found.row, found.what) == (table, row, what)
        assert (found.serial, found.seal) == (self.victim.serial, 2)
        with pytest.raises(CommandError) as refusal:
            call_command("verify_ledger")
        assert refusal.value.returncode == 1
        assert f"{table} {row}, " in str(refusal.value) and self.victim.serial in str(refusal.value)

    @pytest.mark.parametrize(
        ("column", "now", "then"),
        [
            ("amount", "99.99", "100.00"),
            ("side", "credit", "debit"),
            ("account", "fund_pool:other", LOANS),
            ("account", POOL, LOANS),
        ],
    )
    def test_an_entry(self, column, now, then):
        tamper(f"UPDATE payments_entry SET {column} = %s WHERE id = %s", now, self.entry.pk)
        self.expect("payments_entry", self.entry.pk, f"{column} is {now}, sealed was {then}")

    def test_two_entries_that_still_balance(self):
        tamper("UPDATE payments_entry SET amount = 1 WHERE transfer_id = %s", self.victim.pk)
        self.expect("payments_entry", self.entry.pk, "amount is 1.00, sealed was 100.00")

    @pytest.mark.parametrize(
        ("column", "now", "then"),
        [
            ("business_date", "2020-01-01", "2026-11-23"),
            ("reference", "LN9", "贷 1"),
            ("purpose", "repayment", "drawdown"),
            ("key", "other", "t4"),
        ],
    )
    def test_a_transfer(self, column, now, then):
        tamper(f"UPDATE payments_transfer SET {column} = %s WHERE id = %s", now, self.victim.pk)
        self.expect("payments_transfer", self.victim.pk, f"{column} is {now}, sealed was {then}")

    def test_a_deleted_entry(self):
        tamper("DELETE FROM payments_entry WHERE id = %s", self.entry.pk)
        self.expect("payments_entry", self.entry.pk, f"deleted: it was {LOANS} debit 100.00")

    def test_an_inserted_entry(self):
        tamper(
            "INSERT INTO payments_entry (transfer_id, account, side, amount) VALUES (%s, %s, 'debit', 5)",
            self.victim.pk,
            LOANS,
        )
        new = Entry.objects.order_by("id").last()
        self.expect("payments_entry", new.pk, f"inserted: {LOANS} debit 5.00")

    def test_a_deleted_transfer(self):
        tamper("DELETE FROM payments_transfer WHERE id = %s", self.victim.pk)
        self.expect("payments_transfer", self.victim.pk, "deleted")

    def test_a_transfer_deleted_with_its_entries(self):
        tamper("DELETE FROM payments_entry WHERE transfer_id = %s", self.victim.pk)
        tamper("DELETE FROM payments_transfer WHERE id = %s", self.victim.pk)
        self.expect("payments_transfer", self.victim.pk, "deleted")

    def test_of_several_the_first(self, sealed):
        tamper("UPDATE payments_entry SET amount = 1 WHERE transfer_id > %s", self.victim.pk)
        tamper("UPDATE payments_entry SET amount = 2 WHERE id = %s", self.entry.pk)
        self.expect("payments_entry", self.entry.pk, "amount is 2.00, sealed was 100.00")

    def test_a_sealed_copy(self):
        tamper("UPDATE payments_sealedtransfer SET form = '{}' WHERE transfer_id = %s", self.victim.pk)
        self.expect("payments_sealedtransfer", self.victim.pk, "altered; the ledger is as it was sealed")

    def test_a_transfer_and_another_ones_sealed_copy(self, sealed):
        tamper("UPDATE payments_sealedtransfer SET form = '{}' WHERE transfer_id = %s", sealed[5].pk)
        tamper("UPDATE payments_entry SET amount = 1 WHERE id = %s", self.entry.pk)
        self.expect("payments_sealedtransfer", self.victim.pk, "altered, and the ledger too")

    def test_a_transfer_and_its_sealed_copy_alike(self):
        tamper("UPDATE payments_entry SET amount = 1 WHERE transfer_id = %s", self.victim.pk)
        tamper("UPDATE payments_transfer SET amount = 1 WHERE id = %s", self.victim.pk)
        [form] = canonical.read_transfers([self.victim.pk])
        tamper(
            "UPDATE payments_sealedtransfer SET form = %s WHERE transfer_id = %s",
            canonical.written(form),
            self.victim.pk,
        )
        self.expect("payments_transfer", self.victim.pk, "it or its entries are not what was posted")


class TestAlteredSeals:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("root", "0" * 64),
            ("previous", "0" * 64),
            ("transfers", "2"),
            ("kind", "day"),
            ("business_date", "2020-01-01"),
            ("until", "2020-01-01"),
            ("sealed_at", "2020-01-01"),
            ("signature", "AAAA"),
        ],
    )
    def test_any_column(self, sealed, column, value):
        tamper(f"UPDATE payments_seal SET {column} = %s WHERE number = 2", value)
        found = fault()
        assert (found.table, found.row, found.what) == ("payments_seal", 2, "altered: it is not what was signed")

    def test_another_key(self, sealed):
        tamper("UPDATE payments_seal SET key = 'f' WHERE number = 2")
        assert str(fault()) == "payments_seal 2: signed with an unknown key"

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_a_deleted_seal(self, sealed, number):
        tamper("DELETE FROM payments_seal WHERE number = %s", number)
        assert str(fault()) == f"payments_seal {number}: deleted"

    def test_a_deleted_last_seal_is_missed_only_by_who_holds_it_elsewhere(self, sealed):
        """The day's seal has no leaves of its own: nothing here tells that it was ever written."""
        tamper("DELETE FROM payments_seal WHERE number = 4")
        assert fault() is None

    def test_the_last_seals_deleted(self, sealed):
        tamper("DELETE FROM payments_seal WHERE number >= 3")
        assert str(fault()) == "payments_seal 3: deleted"

    @pytest.mark.parametrize(("place", "row"), [(0, "2/0"), (1, "2/1"), (2, "2/2")])
    def test_a_deleted_sealed_copy(self, sealed, place, row):
        tamper("DELETE FROM payments_sealedtransfer WHERE seal_id = 2 AND place = %s", place)
        found = fault()
        assert (found.table, found.row) == ("payments_sealedtransfer", row)
        assert found.what == "inserted or deleted: the seal is over 3 transfers"

    def test_a_slipped_in_sealed_copy(self, sealed):
        tail = sealed[-1]
        [form] = canonical.read_transfers([tail.pk])
        tamper(
            "INSERT INTO payments_sealedtransfer (transfer_id, seal_id, place, form) VALUES (%s, 2, 3, %s)",
            tail.pk,
            canonical.written(form),
        )
        assert (fault().table, fault().row) == ("payments_sealedtransfer", "2/4")

    def test_an_exchanged_seal_signed_with_our_key(self, sealed):
        """Whoever steals the key and rewrites one seal breaks the chain at the next."""
        victim = Seal.objects.get(number=1)
        victim.sealed_at -= dt.timedelta(seconds=1)
        tamper(
            "UPDATE payments_seal SET sealed_at = %s, signature = %s WHERE number = 1",
            victim.sealed_at,
            seal_keys.sign(canonical.seal_text(victim)),
        )
        assert str(fault()) == "payments_seal 2: it does not follow the seal before it"


class TestTail:
    """What is not sealed yet is held to what was noted when it was posted."""

    def test_an_altered_entry(self, sealed):
        tail = sealed[-1]
        tamper("UPDATE payments_entry SET amount = 1 WHERE id = %s", entry_of(tail).pk)
        found = fault()
        assert (found.table, found.row, found.serial) == ("payments_transfer", tail.pk, tail.serial)
        assert found.what == "debits 1.00, credits 100.00 and amount 100.00 are not equal"

    def test_an_altered_account(self, sealed):
        tail = sealed[-1]
        tamper("UPDATE payments_entry SET account = %s WHERE id = %s", POOL, entry_of(tail).pk)
        assert fault().what == "it or its entries are not what was posted"
        assert fault().serial == tail.serial

    def test_it_is_named_after_it_was_sealed_too(self, sealed):
        tail = sealed[-1]
        tamper("UPDATE payments_transfer SET reference = 'x' WHERE id = %s", tail.pk)
        seal_all(tomorrow(tail) + dt.timedelta(days=1))
        found = fault()
        assert (found.row, found.what) == (tail.pk, "it or its entries are not what was posted")
        assert found.seal

    def test_a_deleted_transfer_leaves_its_entries(self, sealed):
        tail = sealed[-1]
        tamper("DELETE FROM payments_transfer WHERE id = %s", tail.pk)
        found = fault()
        assert (found.table, found.row) == ("payments_entry", Entry.objects.filter(transfer_id=tail.pk).first().pk)
        assert found.what == f"its transfer {tail.pk} is not there"

    def test_an_unused_old_number_is_too_late(self, sealed):
        """Days later, a row posted just now by its own account, with a number from before."""
        later = post("later")
        tamper("UPDATE payments_transfer SET posted_at = posted_at + interval '3 days' WHERE id = %s", later.pk)
        seal_all(tomorrow(sealed[0]) + dt.timedelta(days=5))
        slipped = post("slipped")
        tamper("UPDATE payments_entry SET transfer_id = 0 WHERE transfer_id = %s", slipped.pk)
        tamper(
            "UPDATE payments_transfer SET id = 0, posted_at = %s WHERE id = %s",
            Seal.objects.order_by("number").last().until,
            slipped.pk,
        )
        assert seal_all(tomorrow(sealed[0]) + dt.timedelta(days=9)) == []
        assert (
            str(fault()) == f"payments_transfer 0, transfer {slipped.serial}: inserted after its time had been sealed"
        )


class TestAccounts:
    def test_a_deleted_account(self, sealed):
        tamper("DELETE FROM payments_account WHERE code = %s", POOL)
        assert fault().what == f"its account {POOL} is not there"

    @pytest.mark.parametrize(("column", "value"), [("kind", "suspense"), ("owner", "other")])
    def test_an_altered_account(self, sealed, column, value):
        tamper(f"UPDATE payments_account SET {column} = %s WHERE code = %s", value, POOL)
        assert str(fault()) == f"payments_account {POOL}: its kind or owner was altered"


def test_it_reads_one_snapshot_and_writes_nothing(sealed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current_if_assigned()")
        assert cursor.fetchone() == (None,)
    assert fault() is None
