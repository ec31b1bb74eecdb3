"""One row more, one less, one other: changes to a document of rule tables, each a new document. Pure."""

from copy import deepcopy
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.problems import Problem
from risk.rules import Document

Row = dict[str, Any]
Place = tuple[int, int]  # table and row, from 1


def row_at(document: Document, place: Place) -> tuple[Row, Row]:
    """The table and the row at a place. Raises Problem no_such_row (404)."""
    table, row = place
    try:
        if min(place) < 1:
            raise IndexError
        found = document["tables"][table - 1]
        return found, found["rules"][row - 1]
    except IndexError:
        raise Problem("no_such_row", _("There is no such row any more."), status=404) from None


def with_row(document: Document, row: Row, *, table: str, hits: str, number: int, instead: Place | None) -> Document:
    """The document with a row at a number (1 is the first) of the table of a name, made where there is none.

    `instead` is the row that it replaces.
    """
    changed = deepcopy(document)
    if instead:
        place, old = row_at(changed, instead)
        place["rules"].remove(old)
    found = next((each for each in changed["tables"] if each["name"] == table), None)
    if found is None:
        found = {"name": table, "hits": hits, "rules": []}
        changed["tables"].append(found)
    found["hits"] = hits
    found["rules"].insert(number - 1, row)
    return _without_empty(changed)


def without_row(document: Document, place: Place) -> Document:
    """The document without a row; a table goes with its last."""
    changed = deepcopy(document)
    table, row = row_at(changed, place)
    table["rules"].remove(row)
    return _without_empty(changed)


def _without_empty(document: Document) -> Document:
    return {"tables": [table for table in document["tables"] if table["rules"]]}
