import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations


class Command(BaseCommand):
    help = (
        "Write public loans with the features that applications hold, and their end, as a CSV file for train_model "
        "--target ended: a model of these columns can decide."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, out: Path, **options: Any) -> None:
        try:
            from risk.training import credit_data

            rows = credit_data.write(out)
        except (ModuleNotFoundError, OSError) as problem:
            raise CommandError(f"{problem}. Run `make train` to install what training needs.") from None
        self.stdout.write(json.dumps({"rows": rows, "out": str(out)}))
