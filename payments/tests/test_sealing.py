"""Each transfer stands in exactly one half hour's seal and one day's, whenever it was committed."""

import datetime as dt
import json
import threading
from hashlib import sha256
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from pymerkle import InmemoryTree

from core import clock, work
from core.models import Work
from payments import canonical, seal_keys, sealing, verification
from payments.models import Seal, SealedTransfer, SealKind
from payments.tests.books import LOANS, POOL, forget_postings, post, seal_all, soon, tamper, tomorrow

pytestmark = pytest.mark.usefixtures("empty_ledger", "in_english")
HALF_HOUR = sealing.PERIOD


def sealed_ids(seal):
    return list(seal.leaves.order_by("place").values_list("transfer_id", flat=True))


def elsewhere(action):
    """Do it in a thread, on a connection of its own, to its end."""

    def run():
        try:
            results.append(action())
        finally:
            connection.close()

    results = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


class TestHalfHour:
    def test_nothing_is_sealed_before_it_is_over(self):
        first = post("a")
        assert seal_all(soon(first) - dt.timedelta(microseconds=1)) == []
        [seal, *_day] = seal_all(soon(first))
        assert (seal.number, seal.kind, seal.transfers, seal.until) == (1, "half hour", 1, soon(first))
        assert seal.business_date == clock.business_date_of(first.posted_at)
        assert sealed_ids(seal) == [first.pk]

    def test_again_is_harmless(self):
        first = post("a")
        now = tomorrow(first)
        assert len(seal_all(now)) == 2
        assert seal_all(now) == []

    def test_its_root_is_the_one_pymerkle_finds(self):
        transfers = [post(str(number)) for number in range(11)]
        [seal, *_day] = seal_all(soon(transfers[-1]))
        judge = InmemoryTree(algorithm="sha256")
        for leaf in seal.leaves.order_by("place"):
            judge.append_entry(leaf.form.encode())
        assert seal.root == judge.get_root().hex()
        assert sealed_ids(seal) == [transfer.pk for transfer in transfers]

    def test_what_is_many_is_sealed_in_parts(self, monkeypatch):
        monkeypatch.setattr(sealing, "LARGEST", 5)
        monkeypatch.setattr(sealing, "CHUNK", 2)
        transfers = [post(str(number)) for number in range(12)]
        now = tomorrow(transfers[-1])
        seals = seal_all(now)
        assert [(seal.kind, seal.transfers) for seal in seals] == [
            *(("half hour", 5), ("half hour", 5), ("half hour", 2)),
            ("day", 12),
        ]
        assert verification.verify().fault is None


class TestDay:
    def test_it_is_over_all_half_hours_since_the_last_one(self):
        first, second = post("a"), post("b")
        seals = seal_all(tomorrow(first))
        day = seals[-1]
        assert (day.kind, day.transfers, day.until) == ("day", 2, tomorrow(first))
        assert day.business_date == clock.business_date_of(first.posted_at)
        assert {seal.root for seal in seals} == {day.root}  # one half hour holds all: one tree
        assert sealed_ids(seals[0]) == [first.pk, second.pk]

    def test_days_without_postings_have_no_seals(self):
        first = post("a")
        seal_all(tomorrow(first) + dt.timedelta(days=40))
        assert Seal.objects.count() == 2

    def test_no_half_hour_reaches_over_midnight(self):
        """The sealer slept for days: the old day is sealed to its midnight, the new one after it."""
        first = post("a")
        seals = seal_all(tomorrow(first) + dt.timedelta(days=3))
        assert [(seal.kind, seal.until) for seal in seals] == [
            ("half hour", tomorrow(first)),
            ("day", tomorrow(first)),
        ]


class TestChain:
    def test_each_seal_names_the_one_before(self):
        for number in range(3):
            seal_all(soon(post(f"{number}")) + number * HALF_HOUR)
        seals = list(Seal.objects.order_by("number"))
        assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))
        assert seals[0].previous == "0" * 64
        for earlier, later in pairwise(seals):
            assert later.previous == sha256(canonical.seal_text(earlier).encode()).hexdigest()

    def test_each_is_signed(self):
        [seal, *_day] = seal_all(soon(post("a")))
        [key] = seal_keys.trusted_keys().values()
        assert seal.key == seal_keys.fingerprint(key)
        assert seal_keys.is_signed(key, seal.signature, canonical.seal_text(seal))
        assert not seal_keys.is_signed(key, seal.signature, canonical.seal_text(seal) + " ")
        assert not seal_keys.is_signed(key, "nonsense", canonical.seal_text(seal))

    def test_without_a_key_nothing_is_sealed(self, settings, tmp_path):
        first = post("a")
        settings.SEAL_KEY_FILE = tmp_path / "none.pem"
        with pytest.raises(FileNotFoundError):
            sealing.seal_next(soon(first))
        assert not SealedTransfer.objects.exists()

    def test_another_kind_of_key_is_refused(self, settings):
        settings.SEAL_KEY_FILE = settings.PLATFORM_KEY_FILE
        with pytest.raises(ValueError, match="not an Ed25519 key"):
            seal_keys.signing_key()


class TestLateCommits:
    """Two connections: the one with the lower id and the earlier time commits last."""

    @pytest.fixture(autouse=True)
    def _accounts_are_open(self, empty_ledger):
        """Or the two would wait for each other to open them."""
        post("opening")
        forget_postings()

    def test_what_is_committed_after_the_seal_stands_in_the_next_one(self):
        with transaction.atomic():
            late = post("late")
            prompt = elsewhere(lambda: post("prompt"))
            assert late.pk < prompt.pk and late.posted_at < prompt.posted_at
            now = soon(prompt) + HALF_HOUR
            seal = elsewhere(lambda: sealing.seal_next(now))
            assert sealed_ids(seal) == [prompt.pk]
        [next_seal, *_day] = seal_all(now + HALF_HOUR)
        assert sealed_ids(next_seal) == [late.pk]
        report = verification.verify()
        assert (report.fault, report.sealed, report.unsealed) == (None, 2, 0)

    def test_after_the_days_seal_too(self):
        with transaction.atomic():
            late = post("late")
            prompt = elsewhere(lambda: post("prompt"))
            midnight = tomorrow(prompt)
            assert [seal.kind for seal in elsewhere(lambda: seal_all(midnight))] == ["half hour", "day"]
        seals = seal_all(midnight + dt.timedelta(days=1))
        assert [(seal.kind, seal.transfers) for seal in seals] == [("half hour", 1), ("day", 1)]
        assert seals[0].business_date == clock.business_date_of(midnight)
        assert sealed_ids(seals[0]) == [late.pk]
        assert verification.verify().fault is None

    def test_what_commits_while_a_seal_is_written_is_not_lost(self, monkeypatch):
        """The rival commits between the choice of the leaves and the seal's own commit."""
        first = post("first")
        spared = canonical.read_transfers
        rivals = []

        def read(ids):
            rivals.append(elsewhere(lambda: post(f"rival {len(rivals)}")))
            return spared(ids)

        monkeypatch.setattr(canonical, "read_transfers", read)
        [seal, *_day] = [sealing.seal_next(soon(first))]
        monkeypatch.undo()
        assert sealed_ids(seal) == [first.pk]
        seal_all(soon(rivals[-1]) + HALF_HOUR)
        assert SealedTransfer.objects.filter(transfer=rivals[0].pk).exists()
        assert verification.verify().fault is None

    def test_later_than_patience_nothing_is_sealed(self):
        """No transaction of ours is open for a day: such a row was slipped in."""
        first = post("a")
        seal_all(tomorrow(first) + dt.timedelta(hours=1))
        last = Seal.objects.order_by("number").last()
        slipped = post("slipped in")
        tamper(
            "UPDATE payments_transfer SET posted_at = %s WHERE id = %s",
            last.until - sealing.PATIENCE - dt.timedelta(seconds=1),
            slipped.pk,
        )
        assert seal_all(tomorrow(first) + dt.timedelta(days=1)) == []
        assert str(verification.verify().fault) == (
            f"payments_transfer {slipped.pk}, transfer {slipped.serial}: inserted after its time had been sealed"
        )


def test_rival_sealers_write_each_seal_once(monkeypatch):
    monkeypatch.setattr(sealing, "LARGEST", 3)
    now = tomorrow([post(str(number)) for number in range(10)][-1])
    start = threading.Barrier(4)
    failures = []

    def run():
        try:
            start.wait()
            seal_all(now)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [seal.transfers for seal in Seal.objects.order_by("number")] == [3, 3, 3, 1, 10]
    assert verification.verify().fault is None


class TestWork:
    """Beat wakes it, the seals say what is due."""

    def at(self, monkeypatch, now):
        monkeypatch.setattr(clock, "real_now", lambda: now)

    def test_a_half_hour_that_is_over_is_sealed_by_itself(self, monkeypatch):
        first = post("a")
        self.at(monkeypatch, tomorrow(first))
        sealing.start_what_is_due()
        assert Work.objects.get().kind == "seal_ledger"
        work.drain()
        assert [seal.kind for seal in Seal.objects.order_by("number")] == [SealKind.HALF_HOUR, SealKind.DAY]
        sealing.start_what_is_due()
        assert Work.objects.get().state == "done"

    def test_nothing_is_due_before(self, monkeypatch):
        first = post("a")
        self.at(monkeypatch, soon(first) - dt.timedelta(seconds=1))
        sealing.start_what_is_due()
        assert not Work.objects.exists()

    def test_a_killed_sealer_leaves_nothing_half_done(self, monkeypatch):
        first = post("a")
        spared = Seal.save
        monkeypatch.setattr(Seal, "save", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sealing.seal_next(soon(first))
        assert not SealedTransfer.objects.exists()
        monkeypatch.setattr(Seal, "save", spared)
        assert sealing.seal_next(soon(first)).transfers == 1


@pytest.mark.parametrize("table", ["payments_seal", "payments_sealedtransfer"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET number = 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_postgresql_refuses_to_change_a_seal(table, verb):
    seal_all(soon(post("a")))
    statement = verb.format(table).replace("number = 9", "root = ''" if table.endswith("seal") else "form = ''")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


def test_the_canonical_form_is_as_documented():
    transfer = post("贷:1", "1234.50")
    seal_all(soon(transfer))
    [form] = SealedTransfer.objects.values_list("form", flat=True)
    first, second = transfer.entries.order_by("id")
    posted = f"{transfer.posted_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    assert form == (
        f'{{"id":{transfer.pk},"serial":"{transfer.serial}","key":"贷:1","content_hash":"{transfer.content_hash}",'
        f'"business_date":"2026-11-23","purpose":"drawdown","reference":"贷 1","amount":"1234.50",'
        f'"posted_at":"{posted}",'
        f'"entries":[{{"id":{first.pk},"account":"{LOANS}","side":"debit","amount":"1234.50"}},'
        f'{{"id":{second.pk},"account":"{POOL}","side":"credit","amount":"1234.50"}}]}}'
    )
    assert canonical.content_hash(json.loads(form)) == transfer.content_hash


@pytest.mark.parametrize(
    "value", ["plain", "", "null", "NULL", "a b", 'a"b', "a\\b", "a,b", "{a}", "汉 字", "a'b", "x:y"]
)
def test_arrays_are_written_as_postgresql_writes_them(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]::text", [[value, "z"]])
        assert canonical._array([value, "z"]) == cursor.fetchone()[0]


def test_the_keys_of_the_settings_belong_together():
    assert settings.SEAL_KEY_FILE.exists()
    assert seal_keys.fingerprint(seal_keys.signing_key().public_key()) in seal_keys.trusted_keys()
