"""Celery only wakes work; the rows say what is to be done."""

from celery import shared_task

from core import work


@shared_task
def run_work(*, work_id: int) -> None:
    """Run one piece of work if it is still due and unclaimed."""
    work.run_next(work_id)


@shared_task
def sweep_work() -> None:
    """Run whatever is due and nobody woke."""
    work.run_due()
