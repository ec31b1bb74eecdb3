"""`manage.py calculate`: JSON lines in, one answer a line out. It needs no engine and no environment file."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from lending.calculator.lines import NotJsonLines, answer_lines


class Command(BaseCommand):
    """Answer each line of standard input."""

    help = "Reads requests as JSON lines on standard input and writes one JSON answer for each; see docs/calculator.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(_language_of_terminal()):
            for line in self._answers(sys.stdin.buffer):
                self.stdout.write(line)
                self.stdout.flush()

    def _answers(self, lines: Iterable[bytes]) -> Iterator[str]:
        try:
            yield from answer_lines(lines)
        except NotJsonLines:
            message = _("The input is not JSON lines: write one JSON object on each line.")
            raise CommandError(message, returncode=2) from None


def _language_of_terminal() -> str:
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-hans" if named.lower().startswith("zh") else "en"
