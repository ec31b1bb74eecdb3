"""JSON lines: one request a line in, one answer a line out, in order; a bad line never stops the next."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from core.problems import Problem
from lending.calculator import answer


class NotJsonLines(ValueError):
    """Not one line of the input is a JSON object."""


def answer_lines(lines: Iterable[bytes]) -> Iterator[str]:
    """One line of JSON for each line that is not empty. Raises NotJsonLines when none is a JSON object.

    Lines that are not JSON are held back until the first that is, so that nothing is written for an input of another
    kind.
    """
    held: list[str] = []
    understood = False
    for line in lines:
        if not line.strip():
            continue
        request = _object(line)
        if request is None:
            problem = Problem("not_json", _("This line is not a JSON object."))
            held.append(_write({"error": _error(problem)}))
        else:
            understood = True
            held.append(_write(_answer(request)))
        if understood:
            yield from held
            held = []
    if held:
        raise NotJsonLines


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(request)
    except Problem as problem:
        same_id = {"id": request["id"]} if "id" in request and problem.code != "not_text" else {}
        return {**same_id, "error": _error(problem)}


def _error(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "message": str(problem.message), "field": problem.field}


def _write(answered: dict[str, Any]) -> str:
    return json.dumps(answered, ensure_ascii=False)
