import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from core.problems import Problem
from risk import model_versions


class Command(BaseCommand):
    help = (
        "Train a model from a CSV file and register it as a draft version. The last line of the output is JSON: the "
        "version and its cross-validated figures."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="CSV with a line of names")
        parser.add_argument("--target", required=True, metavar="COLUMN", help="the column that says how it ended")
        parser.add_argument("--kind", choices=["scorecard", "gbm"], required=True)
        parser.add_argument("--name", required=True, help="of the model; its versions are numbered")
        parser.add_argument(
            "--exclude", nargs="+", action="extend", default=[], metavar="COL", help="columns to leave out"
        )
        parser.add_argument(
            "--monotone", type=Path, metavar="FILE", help='JSON: {"income": "descending"} as to the share of bad loans'
        )
        parser.add_argument("--bad", metavar="VALUE", help="the target's value of a bad loan, where it is not clear")
        parser.add_argument(
            "--protected", action="append", default=[], metavar="COL=REASON", help="why a protected attribute is used"
        )

    @no_translations
    def handle(self, *args: Any, name: str, kind: str, protected: list[str], **options: Any) -> None:
        try:
            from risk.training import workshop
        except (ModuleNotFoundError, OSError) as missing:
            raise CommandError(
                f"Training cannot start: {missing}. Run `make train` to install what it needs."
            ) from None
        try:
            model_versions.check_name(name)
            wanted = {key: options[key] for key in ("data", "target", "exclude", "monotone", "bad")}
            trained = workshop.make(kind=kind, reasons=_reasons(protected), **wanted)
            version = model_versions.register(name=name, kind=kind, trained=trained)
        except (Problem, ValueError) as problem:
            raise CommandError(str(getattr(problem, "message", problem))) from None
        for warning in trained["warnings"]:
            self.stderr.write(f"Warning: {warning}")
        self.stdout.write(json.dumps({"version": version.label, "kind": kind, **workshop.summary(trained)}))


def _reasons(protected: list[str]) -> dict[str, str]:
    pairs = {column: why.strip() for column, _equals, why in (item.partition("=") for item in protected)}
    if silent := [column for column, why in pairs.items() if not why]:
        raise ValueError(f"Say why {', '.join(silent)} must be used: --protected '{silent[0]}=REASON'.")
    return pairs
