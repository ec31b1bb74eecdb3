import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from risk import reasons


class Command(BaseCommand):
    help = "Write every reason code that a decision can give, with its sentences in both languages, as a CSV file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, out: Path, **options: Any) -> None:
        rows = reasons.coded_table()
        try:
            with out.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([reasons.CODED_TABLE, *rows])
        except OSError as problem:
            raise CommandError(f"{out} cannot be written: {problem.strerror}.") from None
        self.stdout.write(f"{len(rows)} reason codes")
