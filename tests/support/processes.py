"""The platform's processes and the sandbox, started as the Procfile starts them, on the session's ports and data."""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest
from django.core.management import call_command
from django.db import connection

from ops.processes import MARK
from ops.procfile import command_of
from tests.support.databases import Clone
from tests.support.session import ROOT, Session

READY_SECONDS = 60
KEYS = "keys"


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = READY_SECONDS) -> None:
    """Wait until the condition holds. Fails the test, naming what did not happen, after `seconds` of real time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:g} seconds")
        time.sleep(0.05)


class Processes:
    """Processes by their Procfile names. Each has its own process group, so that a kill takes all of it."""

    def __init__(self, session: Session, environment: dict[str, str]) -> None:
        self.session = session
        self.environment = {**os.environ, **environment, MARK: session.mark}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        """The file that holds what the process printed."""
        return self.session.directory / "log" / f"{name}.log"

    def command(self, name: str) -> str:
        """How the process is started."""
        return command_of(ROOT / "Procfile", name)

    def start(self, name: str) -> None:
        self.log(name).parent.mkdir(exist_ok=True)
        with open(self.log(name), "ab") as output:
            self.running[name] = subprocess.Popen(
                self.command(name),
                shell=True,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """kill -9, the whole process group."""
        self._signal(name, signal.SIGKILL)
        self.running.pop(name).wait()

    def stop(self) -> None:
        """End all of them, politely at first."""
        for name in self.running:
            self._signal(name, signal.SIGTERM)
        for name, process in self.running.items():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                self._signal(name, signal.SIGKILL)
                process.wait()
            self._signal(name, signal.SIGKILL)  # what its children left in the group
        self.running.clear()

    def _signal(self, name: str, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running[name].pid, sign)

    def runs(self, name: str) -> bool:
        """Whether it was started and has not ended."""
        return name in self.running and self.running[name].poll() is None

    def wait_for_answer(self, name: str, url: str) -> None:
        """Wait until the address answers 200. Fails the test with the end of the process's log."""
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(url):
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{name} does not answer at {url}:\n{self.log(name).read_text()[-3000:]}")
            time.sleep(0.05)


def _sandbox_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("SANDBOX_")}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


class Sandbox(Processes):
    """The world outside."""

    def begin_anew(self) -> None:
        """Empty books, no faults, the real time: in the process that runs, unless it is to have other settings."""
        if self.runs("sandbox") and _sandbox_settings(os.environ) == _sandbox_settings(self.environment):
            httpx.delete(f"{self.url}/control/books").raise_for_status()
            return
        self.stop()
        self.environment = {**os.environ, **_with_venv({}), MARK: self.session.mark}
        for entry in self.session.sandbox_data.iterdir():
            if entry.name != KEYS:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.start("sandbox")
        self.wait_for_answer("sandbox", f"{self.url}/health")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.session.sandbox_port}"

    def book(self, name: str, **query: str) -> dict:
        """One of its readable books, such as `payouts`."""
        return httpx.get(f"{self.url}/books/{name}", params=query).raise_for_status().json()

    def fault(self, target: str, fault: str, **details: object) -> None:
        """Arrange a fault, such as `fault("payouts", "lose_answer", count=1)`."""
        httpx.post(f"{self.url}/control/faults", json={"target": target, "fault": fault, **details}).raise_for_status()


class Platform(Processes):
    """Web, worker and beat against one clone of the database."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.session.web_port}"

    def start(self, name: str) -> None:
        super().start(name)
        if name == "web":
            self.wait_for_answer(name, f"{self.url}/healthz")


@pytest.fixture(scope="session")
def institution_keys(test_session: Session) -> Path:
    """The institutions' key pairs, made once a session: `<code>.pem` and `<code>.pub.pem` in this directory."""
    subprocess.run(["python", "-m", "sandbox", "keys"], cwd=ROOT, check=True, env=_with_venv(dict(os.environ)))
    return test_session.sandbox_data / KEYS


@pytest.fixture
def sandbox(test_session: Session, institution_keys: Path) -> Iterator[Sandbox]:
    """A sandbox process at the addresses that the settings name, with empty books."""
    with running_sandbox(test_session) as world:
        yield world


@contextlib.contextmanager
def running_sandbox(session: Session) -> Iterator[Sandbox]:
    """A sandbox with empty books for the block. The institutions' keys must have been made. The process outlives the
    block, for to start it takes longer than most tests; the end of the session ends it.
    """
    world = _sandbox_of(session)
    world.begin_anew()
    yield world


@functools.cache
def _sandbox_of(session: Session) -> Sandbox:
    return Sandbox(session, _with_venv({}))


@pytest.fixture(scope="session")
def collected_static() -> None:
    """The pages' files where the web process serves them from."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def platform_processes(
    test_session: Session, committed_db: Clone, sandbox: Sandbox, collected_static: None
) -> Iterator[Platform]:
    """Web, worker and beat as real processes, the web at settings.PLATFORM_URL, with the sandbox beside them."""
    with running_platform(test_session, committed_db) as platform:
        yield platform


@contextlib.contextmanager
def running_platform(
    session: Session,
    database: Clone,
    kind: type[Platform] = Platform,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Platform]:
    """Run web, worker and beat on the database until the block ends."""
    platform = kind(session, _with_venv({"DATABASE_URL": database.url, **environment}))
    connection.close()
    try:
        for name in ("worker", "beat", "web"):
            platform.start(name)
        yield platform
    finally:
        platform.stop()


def _with_venv(environment: dict[str, str]) -> dict[str, str]:
    """The Procfile says `python`: that of the running interpreter."""
    import sys

    return {**environment, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
