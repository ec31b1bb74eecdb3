"""Celery only wakes the business day; its rows say what is to be done."""

from celery import shared_task

from lending import day_close, deductions


@shared_task
def start_what_is_due() -> None:
    """Have yesterday closed if it is not yet, and then today's deductions made."""
    day_close.start_what_is_due()
    deductions.start_what_is_due()
