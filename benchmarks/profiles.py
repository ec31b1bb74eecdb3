"""How long 1,000,000 customers' profiles take to be made, and how long the half hour in which 2 % of them moved.
`make bench-profiles`, or another number of customers.

Two processes claim the platform's own work. The floor is bare SQL that counts, for all customers at once, what the
sources count, and writes it into a bare table.
"""

import datetime as dt
import multiprocessing
import os
import signal
import sys
import time

from benchmarks import house

DAY = dt.date(2026, 10, 31)
PROCESSES, SHARE = 2, 50  # one customer in fifty moves in half an hour
KINDS = ("refresh_profiles", "help_refresh_profiles")


def main(size: int) -> None:
    """Make the customers, refresh, move some, refresh again; print what each took."""
    with house.opened(SANDBOX="false"):
        from benchmarks import portfolio
        from core import clock

        began = time.perf_counter()
        portfolio.make(size, DAY, told=size // 10, borrowers=customers(size))
        lines_and_decisions()
        print(
            f"{size:,} customers made in {time.perf_counter() - began:.0f} s, processors {os.cpu_count()}", flush=True
        )
        mark = clock.real_now()
        everybody = refresh(mark)
        print(f"  all profiles: {everybody:.1f} s by {PROCESSES} processes", flush=True)
        least = floor()
        print(f"  floor: {least:.1f} s by one; the refresh is {everybody / least:.2f} x that", flush=True)
        moved = move(size // SHARE)
        increment = refresh(mark + dt.timedelta(minutes=30))
        print(f"  the next half hour, {moved:,} customers moved: {increment:.1f} s", flush=True)
        check(size, moved)


def customers(size: int) -> list[int]:
    """Customers with nothing but a number."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_user (id, password, is_superuser, username, display_name, mobile, is_staff, is_active,
                joined_at)
            SELECT id, '', false, 'CU' || id, '', '', false, true, now() FROM generate_series(1, %(size)s) AS id;
            INSERT INTO accounts_customer (id, user_id, serial, language, name, id_number, created_at)
            SELECT id, id, 'CU' || id, 'en', '', '', now() FROM generate_series(1, %(size)s) AS id
            """,
            {"size": size},
        )
    return list(range(1, size + 1))


def lines_and_decisions() -> None:
    """A credit line and the machine's decision for each loan."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO lending_creditline (serial, customer_id, status, "limit", used, held)
            SELECT 'CL' || customer_id, customer_id, 'active', sum(principal) + 1000, sum(outstanding_principal), 0
            FROM lending_loan GROUP BY customer_id;
            INSERT INTO risk_decision (serial, subject, reference, customer_serial, decided_by, decided_at, outcome,
                "limit", annual_rate, reasons, score, pd, band, inputs, features, hits, scorecard, scorecard_digest,
                policy, policy_digest, rules, rules_digest, timings)
            SELECT 'DC' || loan.id, 'loan_application', application.serial, customer.serial, 'benchmark',
                now() - interval '90 days', 'approved', 10000, 0.12, '[]', 560 + loan.id %% 60, 0.05, 'B', '{}',
                jsonb_build_object('employment', 'fixed', 'housing', 'rent', 'employment_years', loan.id %% 20),
                '[]', 'application-1', '', 'standard-1', '', '', '', '{}'
            FROM lending_loan AS loan JOIN lending_loanapplication AS application ON application.id = application_id
            JOIN accounts_customer AS customer ON customer.id = loan.customer_id;
            UPDATE lending_loanevent SET recorded_at = now() - interval '90 days' WHERE id < 0
            """.replace("%%", "%")
        )
        cursor.execute("VACUUM ANALYZE")


def refresh(mark: dt.datetime) -> float:
    """Let processes work until the refresh for `mark` has ended. Returns seconds."""
    from django.db import connection, transaction

    from core import work
    from risk.models import ProfileRefresh

    with transaction.atomic():
        work.enqueue("refresh_profiles", mark.isoformat())
    connection.close()
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_work) for _number in range(PROCESSES)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    while not ProfileRefresh.objects.filter(mark=mark, ended_at__isnull=False).exists():
        assert any(worker.is_alive() for worker in workers), "the processes died"
        time.sleep(0.05)
    taken = time.perf_counter() - began
    for worker in workers:
        os.kill(worker.pid or 0, signal.SIGTERM)
        worker.join()
    return taken


def _work() -> None:
    from core import work
    from core.models import Work

    while True:
        waiting = Work.objects.filter(kind__in=KINDS).exclude(state="done")
        ran = [work.run_next(pk) for pk in waiting.order_by("due_at").values_list("pk", flat=True)]
        if not any(ran):
            time.sleep(0.05)


def floor() -> float:
    """Seconds that the least takes: the same counts and sums in one statement, written without keys or history."""
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TABLE floor_profile AS
            SELECT customer_id, count(*) AS loans, sum(outstanding_principal) AS owed, max(dpd) AS dpd,
                sum(due) AS due, sum(paid) AS paid, max(score) AS score
            FROM lending_loan AS loan
            JOIN (SELECT loan_id, count(*) AS due, count(*) FILTER (WHERE paid_principal = principal) AS paid
                  FROM lending_instalment WHERE raised GROUP BY loan_id) AS instalment ON loan_id = loan.id
            JOIN lending_creditline USING (customer_id)
            JOIN accounts_customer AS customer ON customer.id = customer_id
            JOIN risk_decision ON customer_serial = customer.serial
            GROUP BY customer_id
            """
        )
    return time.perf_counter() - began


def move(count: int) -> int:
    """Something happens to the loans of so many customers, an hour after all that was before. Returns how many."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE risk_profilerefresh SET began_at = now() + interval '10 minutes';
            UPDATE lending_loan SET outstanding_principal = outstanding_principal - 1 WHERE id %% 50 = 0;
            INSERT INTO lending_loanevent (loan_id, no, kind, business_date, amount, details, reference, recorded_at)
            SELECT id, 1000, 'payment', value_date, 1, '{}', '', now() + interval '1 minute'
            FROM lending_loan WHERE id %% 50 = 0
            """.replace("%%", "%")
        )
        cursor.execute("SELECT count(*) FROM lending_loan WHERE id % 50 = 0")
        (moved,) = cursor.fetchone()
    assert moved == count
    return moved


def check(size: int, moved: int) -> None:
    """Everybody has one present profile, and whoever moved, and nobody else, an earlier one."""
    from risk.models import Profile, ProfileRefresh

    assert Profile.objects.filter(until=None).count() == size
    assert Profile.objects.exclude(until=None).count() == moved
    assert ProfileRefresh.objects.latest("mark").customers == moved


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
