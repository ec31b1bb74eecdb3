"""Work rows: claimed with a lease, retried with backoff, parked with their error, rerun by a person.

A use case calls `enqueue` inside its transaction; the row commits with it or not at all. After the commit a queue
message wakes a worker, and a sweep every two seconds finds whatever no message woke, and whatever a killed worker
left behind once its lease has expired. A handler may therefore run twice and must find out for itself what is
already done.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.masking import mask_text
from core.models.work import Work
from core.problems import Problem
from core.transactions import forbid_transaction, require_transaction

LEASE = dt.timedelta(seconds=60)
MAX_FAILURES = 8
FIRST_BACKOFF = dt.timedelta(seconds=1)
LONGEST_BACKOFF = dt.timedelta(minutes=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Again:
    """A handler's answer that the work is not done yet and should be tried again `after` this time."""

    after: dt.timedelta


_CLAIM = """
    UPDATE core_work SET
        state = 'running', attempts = attempts + 1, lease_until = clock_timestamp() + %(lease)s,
        failures = failures + CASE WHEN state = 'running' THEN 1 ELSE 0 END
    WHERE id = (
        SELECT id FROM core_work
        WHERE due_at <= clock_timestamp()
          AND (state = 'waiting' OR (state = 'running' AND lease_until < clock_timestamp()))
          {which} FOR UPDATE SKIP LOCKED)
    RETURNING *
"""
_CLAIM_FIRST, _CLAIM_ONE = _CLAIM.format(which="ORDER BY due_at LIMIT 1"), _CLAIM.format(which="AND id = %(id)s")

Handler = Callable[[str], Again | None]
_handlers: dict[str, Handler] = {}
_most_failures: dict[str, int] = {}


def register(kind: str, handler: Handler, *, most_failures: int = MAX_FAILURES) -> None:
    """Name the function that does work of this kind. It is called with the work's key, outside any transaction. After
    `most_failures` in a row the work is parked."""
    _handlers[kind], _most_failures[kind] = handler, most_failures


def enqueue(kind: str, key: str, *, delay: dt.timedelta = dt.timedelta(), here: bool = False) -> None:
    """Ask, as part of the open transaction, that the work be done once `delay` of real time has passed; with `here`,
    by this process right after the commit instead of a worker, because somebody waits for it.

    While work of the same kind and key is open, asking again only brings it forward; if it is running just then, it
    runs once more afterwards.
    """
    require_transaction("enqueuing work")
    values: dict[str, Any] = {"kind": kind, "key": key, "delay": delay}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_work (kind, key, state, due_at, requests, attempts, failures, last_error, created_at)
            VALUES (%(kind)s, %(key)s, 'waiting', clock_timestamp() + %(delay)s, 1, 0, 0, '', clock_timestamp())
            ON CONFLICT (kind, key) WHERE NOT (state = 'done')
            DO UPDATE SET requests = core_work.requests + 1, due_at = LEAST(core_work.due_at, EXCLUDED.due_at)
            RETURNING id
            """,
            values,
        )
        (work_id,) = cursor.fetchone()
    if not delay:
        transaction.on_commit(lambda: run_next(work_id) if here else _wake(work_id), robust=True)


def enqueue_many(kind: str, keys: Sequence[str]) -> None:
    """The same for many keys in one statement; the sweep finds them, no message wakes a worker for each."""
    require_transaction("enqueuing work")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_work (kind, key, state, due_at, requests, attempts, failures, last_error, created_at)
            SELECT %s, key, 'waiting', clock_timestamp(), 1, 0, 0, '', clock_timestamp()
            FROM unnest(%s::text[]) AS key
            ON CONFLICT (kind, key) WHERE NOT (state = 'done')
            DO UPDATE SET requests = core_work.requests + 1, due_at = LEAST(core_work.due_at, EXCLUDED.due_at)
            """,
            [kind, list(keys)],
        )


def _wake(work_id: int) -> None:
    from core.tasks import run_work  # the task module stands on this one

    run_work.delay(work_id=work_id)


def run_due(*, limit: int = 100) -> int:
    """Claim and run work that is due until none is left or `limit` is reached. Returns how many pieces ran."""
    for count in range(limit):
        if not run_next():
            return count
    return limit


def run_next(work_id: int | None = None) -> bool:
    """Claim and run one piece of work that is due (that of `work_id`, if given). False when there is none to claim."""
    forbid_transaction("running work")
    work = _claim(work_id)
    if work is None:
        return False
    if work.failures >= _most_failures.get(work.kind, MAX_FAILURES):
        _fail(work, RuntimeError("whoever works on it dies"))
        return True
    try:
        answer = _handlers[work.kind](work.key)
    except Exception as error:
        log.exception("work failed", kind=work.kind, key=work.key)
        _fail(work, error)
    else:
        _finish(work, answer)
    return True


def _claim(work_id: int | None) -> Work | None:
    claim = _CLAIM_FIRST if work_id is None else _CLAIM_ONE
    return next(iter(Work.objects.raw(claim, {"lease": LEASE, "id": work_id})), None)


def _finish(work: Work, answer: Again | None) -> None:
    """Close the work, unless it is to be done again or was asked for again while it ran."""
    values: dict[str, Any] = {
        "id": work.pk,
        "attempts": work.attempts,
        "requests": work.requests,
        "state": Work.State.WAITING if answer else Work.State.DONE,
        "pause": answer.after if answer else dt.timedelta(),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_work SET
                state = CASE WHEN requests = %(requests)s THEN %(state)s ELSE 'waiting' END,
                due_at = clock_timestamp() + CASE WHEN requests = %(requests)s THEN %(pause)s ELSE interval '0' END,
                finished_at = CASE WHEN requests = %(requests)s AND %(state)s = 'done' THEN clock_timestamp() END,
                lease_until = NULL, failures = 0, last_error = ''
            WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s
            """,
            values,
        )


def _fail(work: Work, error: Exception) -> None:
    failures = work.failures + 1
    is_last = failures >= _most_failures.get(work.kind, MAX_FAILURES)
    values: dict[str, Any] = {
        "id": work.pk,
        "attempts": work.attempts,
        "state": Work.State.PARKED if is_last else Work.State.WAITING,
        "failures": failures,
        "error": mask_text(f"{type(error).__name__}: {error}")[:2000],
        "backoff": backoff(failures),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_work SET state = %(state)s, failures = %(failures)s, last_error = %(error)s, lease_until = NULL,
                due_at = clock_timestamp() + %(backoff)s
            WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s
            """,
            values,
        )


def backoff(failures: int) -> dt.timedelta:
    """How long work rests after so many failures in a row: ever twice as long, up to LONGEST_BACKOFF."""
    doublings = min(failures - 1, 16)  # many more would overflow
    return min(FIRST_BACKOFF * 2**doublings, LONGEST_BACKOFF)


@transaction.atomic
def rerun(work: Work) -> None:
    """Set parked work going again, with its failures forgiven. Raises Problem when it is not parked."""
    changed = Work.objects.filter(pk=work.pk, state=Work.State.PARKED).update(state=Work.State.WAITING, failures=0)
    if not changed:
        raise Problem("not_parked", _("This work is not parked."), status=409)
    enqueue(work.kind, work.key)


def drain() -> int:
    """Run all work that is open and not parked without waiting until it is due. Returns how many pieces ran."""
    done = 0
    while done < 1000:
        Work.objects.filter(state=Work.State.WAITING).update(due_at=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
        ran = run_due()
        done += ran
        if not ran or not Work.objects.filter(state=Work.State.WAITING).exists():
            return done
    raise RuntimeError("work never ends")
