"""Write docs/states.md: the state diagram of every StatefulModel, made from its transitions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.transitions import StatefulModel

DIAGRAMS = Path(settings.BASE_DIR) / "docs" / "states.md"
HEADER = """# States

Made from the code by `python manage.py state_diagrams`; a test fails when it is out of date.
Every arrow is a named transition under a row lock, logged with who, when and why.
"""


class Command(BaseCommand):
    help = "Write docs/states.md from the transitions declared in the code, or with --check compare it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file is out of date; write nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        text = "\n".join([HEADER, *diagrams()])
        if not check:
            DIAGRAMS.write_text(text)
        elif DIAGRAMS.read_text() != text:
            raise CommandError("docs/states.md is out of date: run `python manage.py state_diagrams`")


def diagrams() -> Iterator[str]:
    """A section of Mermaid for each model with states, in the order of the rooms."""
    for model in apps.get_models():
        if issubclass(model, StatefulModel) and ".tests." not in model.__module__:
            yield f"## {model._meta.label}\n\n```mermaid\nstateDiagram-v2\n{_arrows(model)}\n```\n"


def _arrows(model: type[StatefulModel]) -> str:
    field = model._meta.get_field("status")  # type: ignore[misc] # the abstract base has none
    lines = [f"    [*] --> {field.get_default()}"]
    for move in field.get_all_transitions(model):
        lines.append(f"    {move.source} --> {move.target}: {move.name}")
    return "\n".join([lines[0], *sorted(lines[1:])])
