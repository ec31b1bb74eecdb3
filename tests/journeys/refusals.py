"""Being refused: asked in both languages, with the rows counted before and after."""

import re
from collections import Counter
from typing import Any

import httpx
from django.db import connection

from core.problems import PROBLEM_JSON

HAN = re.compile(r"[\u3400-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]{3,}")
LANGUAGES = ("zh-hans", "en")
# Words that a Chinese message may hold as they are.
NAMES = {"JPEG", "PNG", "PDF", "SMS"}


def rows() -> Counter[str]:
    """How many rows each table holds."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        union = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
        cursor.execute(union)
        return Counter(dict(cursor.fetchall()))


def added(before: Counter[str]) -> dict[str, int]:
    """The tables whose number of rows has changed since, and by how much."""
    after = rows()
    return {table: after[table] - before[table] for table in after | before if after[table] != before[table]}


def require_refusal(response: httpx.Response, language: str, *, status: int, code: str, **members: Any) -> str:
    """The answer is this problem, in this language, and says so in a sentence. Gives the sentence."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == PROBLEM_JSON
    problem = response.json()
    assert (problem["code"], problem["status"], problem["type"]) == (code, status, f"/problems/{code}")
    assert {name: problem.get(name) for name in members} == members
    title: str = problem["title"]
    assert title and title[-1] in ".。", title
    if language == "en":
        assert not HAN.search(title), title
    else:
        assert HAN.search(title) and set(LETTERS.findall(title)) <= NAMES, title
    return title
