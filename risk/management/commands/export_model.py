import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from core.problems import Problem
from risk import model_versions
from risk.scoring import ScorecardAltered


class Command(BaseCommand):
    help = (
        "Write a model version as PMML 4.4, which other programs read: it gives score, pd and, of scorecards, reasons."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", required=True, metavar="VERSION", help="as train_model printed it, e.g. german-1"
        )
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, model: str, out: Path, **options: Any) -> None:
        try:
            out.write_text(model_versions.as_pmml(model), encoding="utf-8")
        except (Problem, ScorecardAltered, OSError) as problem:
            raise CommandError(str(getattr(problem, "message", problem))) from None
        self.stdout.write(json.dumps({"version": model, "format": "PMML 4.4", "out": str(out)}))
