"""Celery only wakes what offers help; rows say what is to be done."""

from celery import shared_task

from debt_collection import early_help, forecasts


@shared_task
def start_what_is_due() -> None:
    """Have today's forecasts made, and close the offers of help that are over."""
    forecasts.start_what_is_due()
    early_help.close_what_is_over()
