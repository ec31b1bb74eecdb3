"""The platform's processes as the Procfile starts them: they work, and what kill -9 leaves behind is taken up again."""

import httpx
from django.db import connection

from core.clock import real_now
from core.models import Work
from tests.support.processes import wait_until


def last_sweep(platform):
    return httpx.get(f"{platform.url}/healthz").json()["last_sweep"] or 0


def test_beat_reaches_a_worker_and_the_web_tells(platform_processes):
    wait_until(lambda: last_sweep(platform_processes), "a sweep")
    first = last_sweep(platform_processes)
    platform_processes.kill("worker")
    platform_processes.start("worker")
    wait_until(lambda: last_sweep(platform_processes) > first + 1, "a sweep by the new worker")


def test_the_web_comes_back_after_a_kill(platform_processes):
    platform_processes.kill("web")
    platform_processes.start("web")
    assert httpx.get(f"{platform_processes.url}/healthz").json()["status"] == "ok"


def test_a_clone_is_a_database_of_its_own(committed_db):
    Work.objects.create(kind="nothing", key="1", due_at=real_now(), created_at=real_now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (committed_db.name,)
    assert Work.objects.count() == 1


def test_the_next_clone_is_fresh(committed_db):
    assert not Work.objects.exists()


def test_the_sandbox_has_empty_books(sandbox):
    assert sandbox.book("payouts") == {"payouts": []}
