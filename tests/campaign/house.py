"""A running house that can be hit: kill -9 of any of its processes, of its broker, of the database's backends, of the
institution. Whatever has ended, killed or by itself (a worker may, when its broker goes while it reads from it), is
started again, as a supervisor would, and nothing else is done for it.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error, connection

from ops.procfile import command_of
from tests.support.processes import Platform, Sandbox, wait_until
from tests.support.session import ROOT, Session


class Works(Platform):
    """The platform's processes; the worker knows who has ordered."""

    def command(self, name: str) -> str:
        return command_of(ROOT / "Procfile", name).replace("-A config worker", "-A tests.campaign.worker worker")


@dataclass(frozen=True)
class House:
    """Platform, institution, engines, and the chance that decides what is hit."""

    session: Session
    platform: Platform
    sandbox: Sandbox
    chance: random.Random
    revived: Counter[str] = field(default_factory=Counter)

    def blows(self) -> dict[str, Callable[[], None]]:
        """What may be done to the house, by the name under which it is counted."""
        return {
            "worker": lambda: self._kill("worker"),
            "worker's child": self._kill_child_of_worker,
            "web": lambda: self._kill("web"),
            "beat": lambda: self._kill("beat"),
            "valkey": self._kill_valkey,
            "institution": self._kill_institution,
            "database session ended": lambda: self._end_session("SELECT pg_terminate_backend(%s)"),
            "database backend killed": self._kill_backend,
        }

    def strike(self) -> str:
        """Kill one part and start it again. Returns its name."""
        name = self.chance.choice(list(self.blows()))
        self.blows()[name]()
        return name

    def revive(self) -> None:
        """Start again each of the platform's processes that has ended by itself, and count it."""
        for name, process in list(self.platform.running.items()):
            if process.poll() is not None:
                self.revived[name] += 1
                self._kill(name)  # what is left of its group

    def _kill(self, name: str) -> None:
        self.platform.kill(name)
        self.platform.start(name)

    def _kill_child_of_worker(self) -> None:
        worker = self.platform.running["worker"].pid
        try:
            children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        except OSError:
            children = []
        if children:
            _kill(int(self.chance.choice(children)))

    def _kill_valkey(self) -> None:
        _kill(int((self.session.valkey.data / "valkey.pid").read_text()))
        time.sleep(self.chance.random())  # away for a moment: long enough for somebody to ask it and be refused
        self.session.valkey.start()

    def _kill_institution(self) -> None:
        self.sandbox.kill("sandbox")
        self.sandbox.start("sandbox")
        self.sandbox.wait_for_answer("sandbox", f"{self.sandbox.url}/health")

    def _end_session(self, statement: str) -> None:
        """End one of the sessions of the platform's processes, not our own."""
        if pid := self._backend():
            with connection.cursor() as cursor:
                cursor.execute(statement, [pid])

    def _kill_backend(self) -> None:
        """kill -9: PostgreSQL ends every session and recovers from its log."""
        if pid := self._backend():
            _kill(pid)
            connection.close()
            wait_until(database_answers, "the database's recovery")

    def _backend(self) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            found = [pid for (pid,) in cursor.fetchall()]
        return self.chance.choice(found) if found else None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def database_answers() -> bool:
    """Whether this process has a connection that works, a new one if need be."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return False
    return True
