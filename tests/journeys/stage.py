"""A stage for whole journeys: the platform's processes and the world outside, ours to look into and to break."""

import datetime as dt
import os
import signal
from dataclasses import dataclass

from config.journey.world import World
from core import clock
from core.models import Work
from tests.support.databases import Clone
from tests.support.processes import Platform, Sandbox
from tests.support.session import Session

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Stage:
    """Web, worker and beat on a database of their own, the sandbox, and what anybody may read of it."""

    session: Session
    platform: Platform
    sandbox: Sandbox
    database: Clone
    world: World

    def kill(self, *names: str) -> None:
        """kill -9 some of the platform's processes; what they had claimed is free again without a minute's wait."""
        for name in names:
            self.platform.kill(name)
        Work.objects.filter(state=Work.State.RUNNING).update(lease_until=LONG_AGO)

    def start(self, *names: str) -> None:
        """Start processes anew. A web process answers when this returns."""
        for name in names:
            self.platform.start(name)

    def kill_valkey(self) -> None:
        """kill -9 the broker and cache: all it held is gone."""
        os.kill(int((self.session.valkey.data / "valkey.pid").read_text()), signal.SIGKILL)

    def move_to(self, moment: dt.datetime) -> None:
        """Move business time forward, here and outside."""
        clock.move_to(moment, by="system:test")
        self.world.follow_clock(moment)
