"""Being refused: asked in both languages, with the rows counted before and after."""

import re
from collections import Counter
from typing import Any

import httpx
from django.db import connection

from core.models import Work
from core.problems import PROBLEM_JSON
from lending import day_close, deductions
from payments import sealing
from risk import profiles
from risk.watching import days

HAN = re.compile(r"[\u3400-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]{3,}")
LANGUAGES = ("zh-hans", "en")
# Words that a Chinese message may hold as they are.
NAMES = {"JPEG", "PNG", "PDF", "SMS"}


# What the platform asks of itself when its time has come, whoever is being refused just then.
BY_THE_CLOCK = [profiles.REFRESH, days.WATCH_BURSTS, days.WATCH_DAY, sealing.SEAL, day_close.CLOSE_DAY, deductions.PLAN]


def rows() -> Counter[str]:
    """How many rows each table holds, but for work that comes by the clock."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        union = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
        cursor.execute(union)
        found = Counter(dict(cursor.fetchall()))
    found["core_work"] -= Work.objects.filter(kind__in=BY_THE_CLOCK).count()
    return found


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
