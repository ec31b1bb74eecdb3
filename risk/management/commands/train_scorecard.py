import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from risk import scoring


class Command(BaseCommand):
    help = (
        "Train a points scorecard on public data and write it to risk/scorecards/ (needs what `make train` installs)."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name", default="application", choices=["application", "behaviour"], help="what it is to score"
        )
        parser.add_argument("--number", type=int, default=1, help="the version to write")
        parser.add_argument("--check", action="store_true", help="fail when the file differs; write nothing")

    def handle(self, *args: Any, name: str, number: int, check: bool, **options: Any) -> None:
        try:
            from risk.training import credit_data, scorecard, taiwan_data, workshop
        except ModuleNotFoundError as missing:
            raise CommandError(f"{missing.name} is not installed: run `make train`") from missing
        data = {"application": credit_data.load, "behaviour": taiwan_data.load}
        try:
            model, _folds = workshop.describe(data[name](), scorecard)
        except taiwan_data.DataUnavailable as missing:
            raise CommandError(str(missing)) from missing
        document = scoring.signed({"name": name, "version": number, **model})
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        path = scoring.SCORECARDS / f"{name}-{number}.json"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError(f"{path.name} is not what training gives now")
        summary = {
            "version": f"{name}-{number}",
            "digest": document["digest"],
            **document["metrics"],
        }
        self.stdout.write(json.dumps(summary))
