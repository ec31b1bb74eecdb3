from typing import Any

from django.core.management.base import BaseCommand

import accounts.reference_data
import debt_collection.reference_data
import lending.reference_data
import payments.reference_data
import risk.reference_data


class Command(BaseCommand):
    help = "Load what the house needs before its first customer: roles, consent texts, accounts, products, strategies."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each room loads its own; again and again is harmless."""
        accounts.reference_data.load()
        payments.reference_data.load()
        risk.reference_data.load()
        lending.reference_data.load()
        debt_collection.reference_data.load()
