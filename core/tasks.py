"""Celery only wakes work; the rows say what is to be done."""

from celery import shared_task
from django.core.cache import cache

from core import work
from core.clock import real_now
from core.health import LAST_SWEEP


@shared_task
def run_work(*, work_id: int) -> None:
    """Run one piece of work if it is still due and unclaimed."""
    work.run_next(work_id)


@shared_task
def sweep_work() -> None:
    """Run whatever is due and nobody woke; that a sweep came shows that beat, broker and worker are well."""
    try:
        cache.set(LAST_SWEEP, real_now().timestamp(), timeout=60)
    finally:  # the work does not need the cache
        work.run_due()
