"""Celery only wakes the day close; its rows say what is to be done."""

from celery import shared_task

from lending import day_close


@shared_task
def start_what_is_due() -> None:
    """Have yesterday closed if it is not yet."""
    day_close.start_what_is_due()
