"""Every word that people read exists in both languages."""

import re

from babel.messages.catalog import Message

from config import catalogue

HAN = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>")
# Names that are the same in every language.
SAME_IN_ALL = {"SHA-256", "PDF"}


def entries() -> list[Message]:
    return [entry for entry in catalogue.chinese() if entry.id]


def strings(entry: Message) -> list[str]:
    return list(entry.string) if isinstance(entry.string, tuple | list) else [entry.string or ""]


def test_everything_said_is_in_the_catalogue():
    known = {(entry.context, entry.id) for entry in entries()}
    said = {(phrase.context, phrase.msgid) for phrase in catalogue.phrases()}
    assert said - known == set(), "run `python manage.py update_catalogue`, then fill in the Chinese"


def test_nothing_is_untranslated_or_guessed():
    assert [entry.id for entry in entries() if entry.fuzzy or not all(strings(entry))] == []


def test_what_is_committed_is_what_the_catalogue_compiles_to():
    assert catalogue.CHINESE.with_suffix(".mo").read_bytes() == catalogue.compiled(catalogue.chinese())


def test_chinese_is_chinese():
    foreign = [e.id for e in entries() for text in strings(e) if not HAN.search(text) and e.id not in SAME_IN_ALL]
    assert foreign == ["; "]


def test_source_words_are_english():
    assert [phrase for phrase in catalogue.phrases() if HAN.search(str(phrase.msgid))] == []


def test_values_have_the_same_places_in_both_languages():
    uneven = []
    for entry in entries():
        english = entry.id if isinstance(entry.id, str) else entry.id[-1]
        uneven += [english for text in strings(entry) if sorted(PLACE.findall(text)) != sorted(PLACE.findall(english))]
    assert uneven == []
