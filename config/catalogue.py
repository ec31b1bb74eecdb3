"""The catalogue of translations: what our code, our templates and unfold's say to people, and the Chinese for it.

Built with Babel alone, so that nobody needs GNU gettext. `manage.py update_catalogue` brings in new words and compiles.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import django
import unfold
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LOCALE = "zh_Hans"
CHINESE = settings.LOCALE_PATHS[0] / LOCALE / "LC_MESSAGES" / "django.po"
ROOMS = ["core", "accounts", "risk", "payments", "lending", "debt_collection", "config"]
SILENT = {"tests", "migrations", "training"}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
HEADER = "# The platform's words in Simplified Chinese. `manage.py update_catalogue` adds new ones and compiles."


@dataclass(frozen=True)
class Phrase:
    """Something said to people: one msgid or a pair (singular, plural), its context, and the file that says it."""

    msgid: str | tuple[str, ...]
    context: str | None
    place: str


def phrases() -> Iterator[Phrase]:
    """All that is to be translated: ours, and of unfold's what Django's own catalogues lack."""
    for room in ROOMS:
        yield from _in_python(settings.BASE_DIR / room, room)
    yield from _in_templates(settings.BASE_DIR / "templates", "templates")
    home = Path(unfold.__file__).parent
    theirs = [*_in_python(home, "unfold"), *_in_templates(home / "templates", "unfold/templates")]
    yield from (phrase for phrase in theirs if phrase.msgid not in _known_to_django())


def chinese() -> Catalog:
    """The catalogue as it stands."""
    with open(CHINESE, "rb") as file:
        return read_po(file, locale=LOCALE)


def update() -> Catalog:
    """Bring in what is new, drop what is gone, write and compile. Never guesses (no fuzzy entries)."""
    old = chinese() if CHINESE.exists() else Catalog(locale=LOCALE)
    new = Catalog(locale=LOCALE, header_comment=HEADER, project="lending platform", charset="utf-8")
    new.revision_date = new.creation_date = old.creation_date
    for phrase in phrases():
        known = old.get(phrase.msgid if isinstance(phrase.msgid, str) else phrase.msgid[0], phrase.context)
        new.add(phrase.msgid, known.string if known else None, [(phrase.place, 0)], context=phrase.context)
    CHINESE.parent.mkdir(parents=True, exist_ok=True)
    with open(CHINESE, "wb") as file:
        write_po(file, new, width=120, include_lineno=False, sort_by_file=True)
    CHINESE.with_suffix(".mo").write_bytes(compiled(new))
    return new


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _in_python(directory: Path, prefix: str) -> Iterator[Phrase]:
    for path in sorted(directory.rglob("*.py")):
        place = path.relative_to(directory)
        if not SILENT.intersection(place.parts):
            yield from _extracted(path.read_bytes(), f"{prefix}/{place}")


def _in_templates(directory: Path, prefix: str) -> Iterator[Phrase]:
    for path in sorted([*directory.rglob("*.html"), *directory.rglob("*.txt")]):
        # What templatize leaves is no whole Python: without indentation Babel reads it all the same.
        words = "\n".join(line.strip() for line in templatize(path.read_text()).splitlines())
        yield from _extracted(words.encode(), f"{prefix}/{path.relative_to(directory)}")


def _extracted(source: bytes, place: str) -> Iterator[Phrase]:
    options = {"encoding": "utf-8"}
    for _line, msgid, _comments, context in extract("python", io.BytesIO(source), KEYWORDS, options=options):
        yield Phrase(msgid, context, place)


@cache
def _known_to_django() -> frozenset[object]:
    catalogues = Path(django.__file__).parent.glob(f"**/locale/{LOCALE}/LC_MESSAGES/django.po")
    known: set[object] = set()
    for path in catalogues:
        with open(path, "rb") as file:
            known.update(entry.id for entry in read_po(file, locale=LOCALE) if entry.id and not entry.fuzzy)
    return frozenset(known)
