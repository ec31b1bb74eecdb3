"""`manage.py check_day_files WHERE`: read a set of day files back and check it; names the first wrong row.

WHERE is a set's serial number, or a directory that holds its files; then `--next` may name the next set's directory.
With `--columns` it prints which files and columns there are, as docs/day_files.md has them.
"""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lending.day_files import checker, sending
from lending.day_files.layout import CLOSINGS, as_markdown
from lending.day_files.text import WrongFile
from lending.models import DayFileSet


class Command(BaseCommand):
    """Exit status 0 when the set is right, 1 when it is not."""

    help = "Checks counts, sums, hashes and that the files of a set agree; names the first wrong row (status 1)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("where", nargs="?", help="a set's serial number, or a directory with its files")
        what.add_argument("--columns", action="store_true", help="print the files and their columns")
        parser.add_argument("--next", type=Path, help="a directory with the files of the day after")

    def handle(self, *args: Any, where: str | None, **options: Any) -> None:
        if where is None:
            self.stdout.write(as_markdown())
            return
        files, closing = _of_directory(Path(where), options["next"]) if Path(where).is_dir() else _of_serial(where)
        try:
            checker.check(files)
            if closing:
                checker.check_closing(files, closing)
        except WrongFile as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(_("The set is right: %(files)s files.") % {"files": len(files)})


def _of_serial(serial: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    made = DayFileSet.objects.filter(serial=serial).first()
    if made is None:
        raise CommandError(_("There is no set of day files with the serial number %(serial)s.") % {"serial": serial})
    return sending.contents(made), sending.closing(made)


def _of_directory(directory: Path, following: Path | None) -> tuple[dict[str, bytes], dict[str, bytes]]:
    files = {path.stem: path.read_bytes() for path in sorted(directory.glob("*.csv"))}
    return files, {name: (following / f"{name}.csv").read_bytes() for name in CLOSINGS} if following else {}
