from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.problems import Problem
from risk import decisions
from risk.models import Decision


class Command(BaseCommand):
    help = "Make stored decisions again from their inputs and compare. Fails when one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("serials", nargs="+", metavar="SERIAL")

    def handle(self, *args: Any, serials: list[str], **options: Any) -> None:
        """One line a decision."""
        differing = [serial for serial in serials if not self._replay(serial)]
        if differing:
            raise CommandError(f"{len(differing)} of {len(serials)} came out differently")

    def _replay(self, serial: str) -> bool:
        try:
            again = decisions.replay(Decision.objects.select_related("basis").get(serial=serial))
        except Decision.DoesNotExist as missing:
            raise CommandError(f"there is no decision {serial}") from missing
        except Problem as problem:
            raise CommandError(f"{serial}: {problem.message}") from problem
        stored = again.decision
        self.stdout.write(f"{stored.serial} {stored.outcome} {'identical' if again.identical else 'DIFFERS'}")
        for column, (before, now) in again.differences.items():
            self.stdout.write(f"  {column}: stored {before!r}, now {now!r}")
        return again.identical
