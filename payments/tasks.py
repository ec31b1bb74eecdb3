"""Celery only wakes the sealing and the watch over the promise; the rows themselves say what is due."""

from celery import shared_task

from payments import lateness, sealing


@shared_task
def seal_what_is_due() -> None:
    """Have the last half hour and the last day sealed if they are not yet."""
    sealing.start_what_is_due()


@shared_task
def watch_promise() -> None:
    """Have payouts that may miss two hours raise their alert."""
    lateness.watch()
