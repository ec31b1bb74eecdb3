"""Celery only wakes the refresh of profiles and the watching; rows say what is to be done."""

from celery import shared_task

from risk import profiles
from risk.watching import days, models


@shared_task
def start_what_is_due() -> None:
    """Have the profiles refreshed for the last half hour, the last days watched, and the models looked at."""
    profiles.start_what_is_due()
    days.start_what_is_due()
    models.look()


@shared_task
def look_for_bursts() -> None:
    """Have the last minutes looked at."""
    days.look_for_bursts()
