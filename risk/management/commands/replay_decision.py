from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.problems import Problem
from risk import decisions
from risk.models import Decision


class Command(BaseCommand):
    help = "Make stored decisions again from their inputs and compare. Fails when one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("serials", nargs="*", metavar="SERIAL")
        parser.add_argument("--newest", type=int, metavar="NUMBER", help="the machine's newest decisions, so many")

    def handle(self, *args: Any, serials: list[str], newest: int | None, **options: Any) -> None:
        """One line a decision."""
        if bool(serials) == bool(newest):
            raise CommandError("Name the decisions, or say how many of the newest: --newest 1000")
        if newest:
            serials = decisions.newest_by_machine(newest)
        differing = [serial for serial in serials if not self._replay(serial)]
        if differing:
            raise CommandError(f"{len(differing)} of {len(serials)} came out differently")
        if newest:
            self.stdout.write(f"{len(serials)} decisions, all identical")

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
