import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from core.problems import Problem
from risk import rule_turns


class Command(BaseCommand):
    help = "Write a rule set as JDM, the JSON Decision Model that the ZEN engine and its editors read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rules", required=True, metavar="VERSION", help="as the admin names it, e.g. rules-1")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    @no_translations
    def handle(self, *args: Any, rules: str, out: Path, **options: Any) -> None:
        try:
            out.write_text(rule_turns.as_jdm(rules), encoding="utf-8")
        except (Problem, OSError) as problem:
            raise CommandError(str(getattr(problem, "message", problem))) from None
        self.stdout.write(json.dumps({"version": rules, "format": "JDM", "out": str(out)}))
