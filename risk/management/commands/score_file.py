import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from core.problems import Problem
from risk import model_versions, score_files
from risk.scoring import ScorecardAltered
from risk.tables import TableError


class Command(BaseCommand):
    help = "Score each row of a CSV file: score, pd and up to four reason codes, in the order of the rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", required=True, metavar="VERSION", help="as train_model printed it, e.g. german-1"
        )
        parser.add_argument("--data", type=Path, required=True, metavar="FILE")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, model: str, data: Path, out: Path, **options: Any) -> None:
        try:
            served = model_versions.load(model)
            rows, unseen = score_files.score(model=served, data=data, out=out)
        except (Problem, ScorecardAltered, TableError) as problem:
            raise CommandError(str(getattr(problem, "message", problem))) from None
        for column, count in unseen.items():
            self.stderr.write(
                f"Warning: {column} has a word that training never saw in {count} rows: taken as missing."
            )
        self.stdout.write(json.dumps({"version": model, "rows": rows, "out": str(out)}))
