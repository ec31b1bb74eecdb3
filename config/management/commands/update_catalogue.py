from typing import Any

from django.core.management.base import BaseCommand

from config import catalogue


class Command(BaseCommand):
    help = "Collect what the platform says into locale/, and compile it. Says how much still lacks its Chinese."

    def handle(self, *args: Any, **options: Any) -> None:
        words = catalogue.update()
        missing = [entry.id for entry in words if entry.id and not _is_complete(entry.string)]
        for msgid in missing:
            self.stdout.write(f"untranslated: {msgid!r}")
        self.stdout.write(f"{len(words)} phrases, {len(missing)} untranslated")


def _is_complete(string: str | list[str] | tuple[str, ...] | None) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)
