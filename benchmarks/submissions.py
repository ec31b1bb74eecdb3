"""Decisions over HTTP: submissions at an even rate to the web process of the Procfile, decided by its worker; how long
until the customer has the answer, and until the decision can be read. Part of `make bench-decision`."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from benchmarks import house
from tests.support.session import Session

SEED, RATE, SUBMISSIONS, WARM = 20261123, 20, 600, 200


def measure(session: Session) -> None:
    """Submit, watch, print. The first submissions warm the processes up and are not counted."""
    from benchmarks import applicants

    chance = random.Random(SEED)
    count = WARM + SUBMISSIONS
    tokens = [applicants.token_of(applicants.verified(1_000 + number)) for number in range(count)]
    bodies = [_submission(chance) for _ in tokens]
    print(house.pace())
    with _platform(session) as address, Watch() as watch:
        answered = _submit(address, list(zip(tokens, bodies, strict=True)))
        watch.wait_for([serial for serial, _begun, _ended in answered])
    counted = answered[WARM:]
    print(f"over HTTP, {SUBMISSIONS} submissions at {RATE} a second")
    print(house.shown("  until the submission is answered", [ended - begun for _, begun, ended in counted]))
    waited = [watch.seen[serial] - begun for serial, begun, _ in counted]
    print(house.shown("  until the decision can be read", waited))
    print(house.pace(), flush=True)


def _submission(chance: random.Random) -> dict[str, Any]:
    from benchmarks import applicants

    said = {**applicants.wish(chance), **vars(applicants.declared(chance))}
    return {key: value if isinstance(value, int) else str(value) for key, value in said.items()}


def _submit(address: str, submissions: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, float, float]]:
    """The application's serial number, when it was sent and when it was answered, of each. Every customer comes by a
    connection of their own, by the leanest client there is: the processors are to work for the platform."""
    found: list[tuple[str, float, float]] = []
    where = urlsplit(address).netloc

    def submit(token: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        begun = time.perf_counter()
        with closing(HTTPConnection(where, timeout=30)) as connection:
            connection.request("POST", "/api/v1/applications/", json.dumps(body), headers)
            answer = connection.getresponse()
            told = answer.read()
        ended = time.perf_counter()
        assert answer.status == 201, told
        found.append((json.loads(told)["serial"], begun, ended))

    threads = []
    start = time.perf_counter()
    for number, submission in enumerate(submissions):
        time.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        threads.append(threading.Thread(target=submit, args=submission))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(found) == len(submissions), "a submission was refused"
    return found


class Watch:
    """Sees, every twenty milliseconds, which applications have a decision that is committed."""

    PAUSE, PATIENCE = 0.02, 60
    LATE = 50  # a lower number may be committed after so many higher ones

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()

    def wait_for(self, references: list[str]) -> None:
        """Until all of them are decided."""
        deadline = time.perf_counter() + self.PATIENCE
        while missing := set(references) - self.seen.keys():
            assert time.perf_counter() < deadline, f"{len(missing)} were never decided"
            time.sleep(0.05)

    def _look(self) -> None:
        from django.db import connection

        last = 0
        with connection.cursor() as cursor:
            while not self._over.wait(self.PAUSE):
                cursor.execute("SELECT id, reference FROM risk_decision WHERE id > %s", [last - self.LATE])
                now = time.perf_counter()
                for found, reference in cursor.fetchall():
                    self.seen.setdefault(reference, now)
                    last = max(last, found)
        connection.close()


@contextmanager
def _platform(session: Session) -> Iterator[str]:
    """Web, worker, beat and sandbox as the Procfile has them, on the benchmark's database; the web's address."""
    from tests.support.databases import Clone
    from tests.support.processes import running_platform, running_sandbox

    subprocess.run([sys.executable, "-m", "sandbox", "keys"], check=True)
    database = Clone("postgres", session.postgres.url("postgres"))
    with running_sandbox(session), running_platform(session, database) as platform:
        yield platform.url
