"""How long the close of a month's end takes, beside bare SQL that makes the same rows. `make bench-day-close`.

Runs 100,000 loans and 1,000,000 (or the sizes given), each in a fresh database: closes the day with two processes that
claim the platform's own work; holds 10,000 loans against the fold; undoes the day and lets bare SQL write the very same
rows; and, for the first size, kills both processes half-way, starts them again, and compares the totals.
"""

import datetime as dt
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from dataclasses import dataclass
from decimal import Decimal

from benchmarks import house, undoing

DAY = dt.date(2026, 10, 31)
PROCESSES, SAMPLE, TOLD = 2, 10_000, 20_000
KINDS = ("close_day", "help_close_day")


def main(sizes: list[int]) -> None:
    """Print a table; a failed comparison stops it."""
    seconds: dict[int, float] = {}
    for size in sizes:
        with house.opened():
            seconds[size] = measure(size, kill=size == sizes[0])
    if len(sizes) > 1:
        growth = seconds[sizes[-1]] / seconds[sizes[0]]
        print(f"from {sizes[0]:,} to {sizes[-1]:,} loans the time grows {growth:.1f} times")


def measure(size: int, *, kill: bool) -> float:
    """Close the day once (and once more with a kill); print what was seen. Returns the seconds that it took."""
    from benchmarks import portfolio

    began = time.perf_counter()
    portfolio.make(size, DAY, told=min(TOLD, size))
    undoing.remember(DAY)
    print(f"{size:,} loans made in {time.perf_counter() - began:.0f} s", flush=True)
    taken, memory = close()
    whole = totals()
    print(f"  closed in {taken:.1f} s by {PROCESSES} processes of at most {memory:.0f} MB each", flush=True)
    print(f"  {whole}", flush=True)
    print(f"  equal to the fold: {compare_with_fold():,} loans", flush=True)
    undoing.undo(DAY)
    floor = undoing.replay()
    assert totals() == whole, "the bare SQL made other rows"
    print(f"  bare SQL that writes the same rows: {floor:.1f} s; the close is {taken / floor:.2f} x that", flush=True)
    if kill:
        undoing.undo(DAY)
        undoing.forget_work()
        close(kill_after=taken / 2)
        close()
        assert totals() == whole, f"after a kill: {totals()}"
        print("  killed with -9 half-way and started again: the same totals to the fen", flush=True)
    return taken


def close(kill_after: float | None = None) -> tuple[float, float]:
    """Let processes work until the day is closed (or kill them). Returns seconds and the largest memory in MB."""
    from django.db import connection, transaction

    from core import work
    from lending.models import ClosedDay

    with transaction.atomic():
        work.enqueue("close_day", DAY.isoformat())
    connection.close()
    context = multiprocessing.get_context("fork")
    memory = context.Array("d", PROCESSES)
    workers = [context.Process(target=_work, args=(memory, number)) for number in range(PROCESSES)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    while not ClosedDay.objects.filter(business_date=DAY).exists():
        if kill_after and time.perf_counter() - began > kill_after:
            break
        assert any(worker.is_alive() for worker in workers), "the processes died"
        time.sleep(0.05)
    taken = time.perf_counter() - began
    for worker in workers:
        os.kill(worker.pid or 0, signal.SIGKILL if kill_after else signal.SIGTERM)
        worker.join()
    if kill_after:
        assert not ClosedDay.objects.filter(business_date=DAY).exists(), "killed too late"
        undoing.end_leases()
    return taken, max(memory[:])


def _work(memory: list[float], number: int) -> None:
    """What a worker does, for the day close alone: the reminders that it plans are for afterwards."""
    from core import work
    from core.models import Work

    while True:
        waiting = Work.objects.filter(kind__in=KINDS).exclude(state="done").exclude(key=_next_day())
        ran = [work.run_next(pk) for pk in waiting.order_by("due_at").values_list("pk", flat=True)]
        memory[number] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if not any(ran):
            time.sleep(0.05)


def _next_day() -> str:
    return (DAY + dt.timedelta(days=1)).isoformat()


@dataclass(frozen=True)
class Totals:
    """What the close left, in yuan and rows."""

    interest: Decimal
    penalty: Decimal
    overdue: int
    events: int
    transfers: int
    posted: Decimal
    cases: int

    def __str__(self) -> str:
        return (
            f"{self.interest:,} interest and {self.penalty:,} penalty billed in all, {self.overdue:,} loans overdue; "
            f"{self.events:,} events, {self.transfers:,} transfers over {self.posted:,} yuan, {self.cases:,} cases"
        )


def totals() -> Totals:
    """Sums over all rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sum(interest_raised), sum(penalty_raised), count(*) FILTER (WHERE status = 'overdue'),
                (SELECT count(*) FROM lending_loanevent WHERE business_date = %(day)s AND loan_id > 0),
                (SELECT count(*) FROM payments_transfer WHERE business_date = %(day)s),
                (SELECT sum(amount) FROM payments_transfer WHERE business_date = %(day)s),
                (SELECT count(*) FROM debt_collection_collectioncase WHERE business_date = %(day)s)
            FROM lending_loan
            """,
            {"day": DAY},
        )
        return Totals(*cursor.fetchone())


def compare_with_fold() -> int:
    """Hold a random sample of loans against the fold of their events. Returns how many; raises at a difference."""
    from lending import standing
    from lending.models import Loan

    chosen = random.Random(1).sample(range(1, TOLD + 1), SAMPLE)
    for loan in Loan.objects.filter(pk__in=chosen).prefetch_related("instalments"):
        folded = standing.fold_of(loan, DAY)
        statement = folded.statement()
        fields = ("no", "start", "due_date", "principal", "interest", "balance")
        assert [tuple(getattr(row, name) for name in fields) for row in loan.instalments.all()] == [
            (row.no, row.start, row.due, row.principal, row.interest, row.balance) for row in statement.rows
        ], loan
        assert [row.penalty for row in loan.instalments.all()] == statement.penalties, loan
        assert [row.raised for row in loan.instalments.all()].count(True) == len(folded.debts), loan
        billed = sum((debt.row.interest for debt in folded.debts), Decimal(0))
        assert (loan.interest_raised, loan.penalty_raised) == (billed, sum(statement.penalties)), loan
        assert loan.dpd == folded.dpd, loan
    return len(chosen)


if __name__ == "__main__":
    main([int(size.replace(",", "")) for size in sys.argv[1:]] or [100_000, 1_000_000])
