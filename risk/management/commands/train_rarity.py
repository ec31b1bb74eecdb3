import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from risk import rarity, scoring


class Command(BaseCommand):
    help = "Count how rare pairs of answers are in public data and write it to risk/rarities/ (needs `make train`)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--number", type=int, default=1, help="the version to write")
        parser.add_argument("--check", action="store_true", help="fail when the file differs; write nothing")

    def handle(self, *args: Any, number: int, check: bool, **options: Any) -> None:
        try:
            from risk.training import credit_data
            from risk.training import rarity as training
        except ModuleNotFoundError as missing:
            raise CommandError(f"{missing.name} is not installed: run `make train`") from missing
        trained = training.train(credit_data.load())
        document = scoring.signed({"name": "rarity", "version": number, **trained})
        text = json.dumps(document, ensure_ascii=False) + "\n"
        path = rarity.RARITIES / f"rarity-{number}.json"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError(f"{path.name} is not what training gives now")
        self.stdout.write(
            json.dumps({"version": f"rarity-{number}", "digest": document["digest"], **document["metrics"]})
        )
