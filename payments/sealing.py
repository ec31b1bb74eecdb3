"""Sealing: after each half hour, and after each business day, a signed Merkle root over what was posted.

A half hour's seal takes whatever was posted before its end, is committed, and stands in no seal yet. No watermark says
how far the ledger is sealed, so a transfer committed late, with a low id and an early time, simply stands in the next
seal. Only what would be later than PATIENCE is never sealed: no transaction of ours is open that long, so
`verify_ledger` calls it inserted afterwards.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from django.db import connection, transaction

from core import clock, work
from core.work import Again
from payments import canonical, seal_keys
from payments.merkle import Tree, leaf_hash
from payments.models import Seal, SealedTransfer, SealKind

SEAL = "seal_ledger"
PERIOD = dt.timedelta(minutes=30)
PATIENCE = dt.timedelta(days=1)
LARGEST = 50_000  # transfers in one seal; what is more stands in the next one, with the same end
CHUNK = 5_000
NOTHING_BEFORE = "0" * 64
_ONE_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

log = structlog.get_logger(__name__)


def start_what_is_due() -> None:
    """Have the ledger sealed if a half hour or a day that is over is not sealed yet."""
    mark = last_mark(clock.real_now())
    if _next_step(_last_seal(), mark):
        with transaction.atomic(durable=True):
            work.enqueue(SEAL, mark.isoformat())


def work_off(key: str) -> Again | None:
    """Work "seal_ledger": one seal, and again until all that is due is sealed."""
    return Again(dt.timedelta()) if seal_next(clock.real_now()) else None


def last_mark(now: dt.datetime) -> dt.datetime:
    """The last full half hour at or before `now`. Midnight in Shanghai is one."""
    return now - (now - _EPOCH) % PERIOD


@transaction.atomic(durable=True)
def seal_next(now: dt.datetime) -> Seal | None:
    """Write the one seal that is due next at the real instant `now`, or None when there is none.

    Whoever seals at the same time waits and finds it done. Raises FileNotFoundError or ValueError without a good key;
    then nothing is sealed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SEAL])
    last = _last_seal()
    step = _next_step(last, last_mark(now))
    if step is None:
        return None
    number = last.number + 1 if last else 1
    tree = _tree_of_day(number) if step.kind is SealKind.DAY else _sealed_transfers(number, last, step.until)
    seal = Seal(
        number=number,
        kind=step.kind.value,
        business_date=step.business_date,
        until=step.until,
        transfers=tree.size,
        root=tree.root.hex(),
        previous=canonical.seal_hash(last) if last else NOTHING_BEFORE,
        sealed_at=clock.real_now(),
        key=seal_keys.fingerprint(seal_keys.signing_key().public_key()),
    )
    seal.signature = seal_keys.sign(canonical.seal_text(seal))
    seal.save()
    log.info("sealed", number=seal.number, kind=seal.kind, transfers=seal.transfers, hash=canonical.seal_hash(seal))
    return seal


@dataclass(frozen=True)
class _Step:
    """A seal to be written."""

    kind: SealKind
    business_date: dt.date
    until: dt.datetime


def _next_step(last: Seal | None, mark: dt.datetime) -> _Step | None:
    """What is to be sealed next at `mark`. A half hour's seal never reaches over midnight, a day's follows its last."""
    if last is None or last.kind == SealKind.DAY:
        oldest = _oldest_unsealed(last, mark)
        if oldest is None:
            return None
        day = clock.business_date_of(max(oldest, last.until) if last else oldest)
        return _Step(SealKind.HALF_HOUR, day, min(mark, _end_of(day)))
    day, end = last.business_date, _end_of(last.business_date)
    if _oldest_unsealed(last, min(mark, end)):
        return _Step(SealKind.HALF_HOUR, day, min(mark, end))
    return _Step(SealKind.DAY, day, end) if mark >= end else None


def _end_of(day: dt.date) -> dt.datetime:
    return clock.start_of_day(day + _ONE_DAY)


def _last_seal() -> Seal | None:
    return Seal.objects.order_by("number").last()


@dataclass(frozen=True)
class Bounds:
    """Below which a transfer that is not sealed can no longer be late: its id, and when it was posted."""

    highest_id: int
    posted_at: dt.datetime


def bounds_after(last: Seal | None) -> Bounds:
    """What may still be sealed after `last` has a higher id, and was posted no earlier."""
    if last is None:
        return Bounds(0, _EPOCH)
    earliest = last.until - PATIENCE
    old = Seal.objects.filter(until__lte=earliest, kind=SealKind.HALF_HOUR).order_by("number").last()
    leaf = SealedTransfer.objects.filter(seal=old).order_by("place").last() if old else None
    return Bounds(leaf.transfer_id if leaf else 0, earliest)


_UNSEALED = """
FROM payments_transfer AS transfer
WHERE id > %s AND posted_at >= %s AND posted_at < %s
    AND NOT EXISTS (SELECT FROM payments_sealedtransfer WHERE transfer_id = transfer.id)
"""


def _oldest_unsealed(last: Seal | None, before: dt.datetime) -> dt.datetime | None:
    bounds = bounds_after(last)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(posted_at) {_UNSEALED}", [bounds.highest_id, bounds.posted_at, before])
        oldest: dt.datetime | None = cursor.fetchone()[0]
    return oldest


def _sealed_transfers(number: int, last: Seal | None, until: dt.datetime) -> Tree:
    """Write the leaves of a half hour's seal, by ascending id, and return their tree."""
    bounds = bounds_after(last)
    tree = Tree()
    with connection.cursor() as cursor:
        statement = f"SELECT id {_UNSEALED} ORDER BY id LIMIT %s"
        cursor.execute(statement, [bounds.highest_id, bounds.posted_at, until, LARGEST])
        ids = [row[0] for row in cursor]
        for start in range(0, len(ids), CHUNK):
            transfers = canonical.read_transfers(ids[start : start + CHUNK])
            with cursor.copy("COPY payments_sealedtransfer (transfer_id, seal_id, place, form) FROM STDIN") as copy:
                for transfer in transfers:
                    form = canonical.written(transfer)
                    copy.write_row((transfer["id"], number, tree.size, form))
                    tree.add(leaf_hash(form.encode()))
    return tree


def _tree_of_day(number: int) -> Tree:
    """The tree over all leaves since the day's seal before seal `number`."""
    tree = Tree()
    for form in _forms_since_last_day(number):
        tree.add(leaf_hash(form.encode()))
    return tree


def _forms_since_last_day(number: int) -> Iterator[str]:
    before = Seal.objects.filter(kind=SealKind.DAY, number__lt=number).order_by("number").last()
    leaves = SealedTransfer.objects.filter(seal__gt=before.number if before else 0).order_by("seal", "place")
    return leaves.values_list("form", flat=True).iterator(chunk_size=CHUNK)
