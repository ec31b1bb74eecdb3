"""Celery only wakes the refresh of profiles, the watching and the queue's clock; rows say what is to be done."""

from celery import shared_task

from risk import escalation, profiles
from risk.sharing import book
from risk.watching import days, models


@shared_task
def start_what_is_due() -> None:
    """Have the profiles refreshed for the last half hour, the last days watched, models and review queue looked at, our
    book of tokens kept."""
    profiles.start_what_is_due()
    days.start_what_is_due()
    models.look()
    escalation.look()
    book.keep()


@shared_task
def look_for_bursts() -> None:
    """Have the last minutes looked at."""
    days.look_for_bursts()
