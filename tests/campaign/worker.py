"""The platform's worker as it is, with somebody above payments who has ordered: `celery -A tests.campaign.worker`.

The lease may be shortened, so that a short campaign need not wait a minute for what a killed worker had claimed.
"""

import datetime as dt
import os

import django

django.setup()

from config.celery import app  # noqa: E402
from core import work  # noqa: E402
from core.registry import order_settled  # noqa: E402
from payments.tests.orderer import COLLECTION_PURPOSE, PAYOUT_PURPOSE, Orderer  # noqa: E402
from tests.campaign import LEASE_SECONDS  # noqa: E402

__all__ = ["app"]

for purpose in (PAYOUT_PURPOSE, COLLECTION_PURPOSE):
    order_settled.register(purpose, Orderer())
if LEASE_SECONDS in os.environ:
    work.LEASE = dt.timedelta(seconds=float(os.environ[LEASE_SECONDS]))
