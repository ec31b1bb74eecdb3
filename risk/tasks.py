"""Celery only wakes the refresh of profiles, the watching and the queue's clock; rows say what is to be done."""

from celery import shared_task

from risk import escalation, profiles
from risk.sharing import book, record
from risk.watching import days, models


@shared_task
def start_what_is_due() -> None:
    """Have the profiles refreshed for the last half hour, the last days watched, models and review queue looked at, our
    book of tokens kept, and what was asked of it long ago forgotten."""
    profiles.start_what_is_due()
    days.start_what_is_due()
    models.look()
    escalation.look()
    book.keep()
    record.purge()


@shared_task
def look_for_bursts() -> None:
    """Have the last minutes looked at."""
    days.look_for_bursts()
