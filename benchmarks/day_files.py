"""How long a partner's set of day files takes, and how much memory. `make bench-day-files`.

100,000 jointly funded loans (or the number given) in a fresh database. The set of the day before is written, the day is
closed, and then its own set is written and checked, each by a process of its own whose largest memory is told.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import day_close, house

DAY_BEFORE = day_close.DAY.replace(day=30)
TOLD = """
    INSERT INTO lending_toldloan (loan_id, partner_id, no)
    SELECT loan_id, funder_id, max(no) FROM lending_loanevent JOIN lending_loanfunding USING (loan_id)
    WHERE position = 2 GROUP BY loan_id, funder_id
"""


def main(size: int) -> None:
    """Print what was seen; a set that its checker refuses stops it."""
    with house.opened():
        from django.db import connection

        from benchmarks import portfolio

        portfolio.LOANS[0] = portfolio.LOANS[0].replace("%% 10 < 3", "%% 10 < 10")  # all of them jointly funded
        portfolio.make(size, day_close.DAY, told=0)
        with connection.cursor() as cursor:
            cursor.execute(TOLD)
        print(f"{size:,} joint loans", flush=True)
        tell("written, the day before", write, DAY_BEFORE)
        day_close.close()
        tell("written, the day", write, day_close.DAY)
        tell("read and checked", check)


def tell(what: str, act: Callable[..., str], *given: Any) -> None:
    """Run it in a process of its own; print seconds and memory."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    began = time.perf_counter()
    worker = context.Process(target=lambda: said.put((act(*given), _megabytes())))
    worker.start()
    worker.join()
    assert worker.exitcode == 0, f"{what}: failed"
    result, memory = said.get()
    print(f"  {what:<24} {time.perf_counter() - began:>7.1f} s, at most {memory:,.0f} MB  {result}", flush=True)


def write(date: Any) -> str:
    """Write the set of a date."""
    from django.db import transaction

    from lending.day_files import writing
    from lending.models import Funder

    with transaction.atomic(durable=True):
        partner = Funder.objects.select_for_update(no_key=True).get(kind=Funder.Kind.PARTNER)
        made = writing.write(partner, date)
    files = list(made.files.all())
    size = sum(file.file.size for file in files) / 1e6
    return f"{sum(file.rows for file in files):,} rows, {size:,.0f} MB in {len(files)} files"


def check() -> str:
    """Check the newest set, as sending does before it begins."""
    from lending.day_files import checker, sending
    from lending.models import DayFileSet

    made = DayFileSet.objects.latest("business_date")
    files = sending.contents(made)
    checker.check(files)
    checker.check_closing(files, sending.closing(made))
    return "right"


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000)
