"""Celery only wakes the sealing; the seals themselves say what is due."""

from celery import shared_task

from payments import sealing


@shared_task
def seal_what_is_due() -> None:
    """Have the last half hour and the last day sealed if they are not yet."""
    sealing.start_what_is_due()
