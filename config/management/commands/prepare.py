from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring the database to this version: tables, reference data, in a sandbox demo staff. Harmless to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """One process for what would cost three starts."""
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("load_reference_data")
        if settings.SANDBOX:
            call_command("hire_demo_staff")
