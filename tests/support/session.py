"""One test session: a directory of its own with throw-away engines, keys and documents; the environment names them.

It is prepared before Django reads its settings. `make run` may go on beside it, and so may other sessions.
"""

import fcntl
import os
import shutil
import socket
from itertools import chain
from pathlib import Path
from typing import IO

from ops import processes
from ops.engines import Postgres, Valkey
from ops.local_secrets import ensure_signing_keys, random_key

ROOT = Path(__file__).resolve().parent.parent.parent
ON_DISK = ROOT / "var" / "test"
IN_MEMORY = Path("/dev/shm") / f"lending-test-{os.getuid()}"
ROOMY = 6 * 2**30  # bytes: the engines of two workers, their logs of writes full, and a browser
ENGINES = ("DATABASE_URL", "BROKER_URL", "CACHE_URL")
GIVEN = "PYTEST_ENGINES_GIVEN"  # which of them the caller's environment names


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def in_memory_if_roomy() -> Path:
    """Where a session's throw-away files are best kept: in memory, where there is plenty. Each copy of the test
    database is a thousand small files, over which some file systems take a second."""
    memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if not IN_MEMORY.parent.is_dir() or min(shutil.disk_usage(IN_MEMORY.parent).free, memory) < ROOMY:
        return ON_DISK
    IN_MEMORY.mkdir(mode=0o700, exist_ok=True)
    return IN_MEMORY if IN_MEMORY.stat().st_uid == os.getuid() else ON_DISK


class Session:
    """The session's directory, engines and ports. Its lock tells the living from the killed."""

    def __init__(self, sessions: Path = ON_DISK) -> None:
        self.directory = sessions / str(os.getpid())
        self.postgres = Postgres(self.directory / "pg", throwaway=True)
        self.valkey = Valkey(self.directory / "valkey")
        self.web_port = free_port()
        self.sandbox_port = free_port()
        self.lock: IO[str] | None = None

    @property
    def mark(self) -> str:
        """What the processes started by this session carry in their environment."""
        return str(self.directory)

    @property
    def sandbox_data(self) -> Path:
        return self.directory / "sandbox-data"

    def open(self) -> None:
        """Clear what killed sessions left, make the directory, set the environment."""
        _remove_killed_sessions()
        self.directory.mkdir(mode=0o700, parents=True)
        self.lock = open(self.directory / "lock", "w")  # noqa: SIM115 - held until the process ends
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        ensure_signing_keys(self.directory / "keys")
        # Workers of pytest-xdist inherit the environment of the process that divides the tests between them.
        os.environ.setdefault(GIVEN, ",".join(name for name in ENGINES if name in os.environ))
        os.environ.update(self.environment())

    def environment(self) -> dict[str, str]:
        """Every setting the tests need; engines named by the caller's environment are used as they are."""
        sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        institutions = ("identity", "payment", "funder", "sms", "alipay", "wechat", "unionpay", "bank", "sharing")
        engines = {
            "DATABASE_URL": self.postgres.url("postgres"),
            "BROKER_URL": self.valkey.broker_url,
            "CACHE_URL": self.valkey.cache_url,
        }
        given = os.environ[GIVEN].split(",")
        database = [os.environ.get("PYTEST_DB_SUFFIX", ""), os.environ.get("PYTEST_XDIST_WORKER", "")]
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "false",
            "SANDBOX": "true",
            "SECRET_KEY": random_key() + random_key(),
            "FIELD_KEYS": f"1:{random_key()}",
            "BLIND_INDEX_KEY": random_key(),
            "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "PLATFORM_URL": f"http://127.0.0.1:{self.web_port}",
            "PLATFORM_KEY_FILE": str(self.directory / "keys" / "platform.pem"),
            "SHARING_KEY_FILE": str(self.directory / "keys" / "sharing.pem"),
            "SEAL_KEY_FILE": str(self.directory / "keys" / "seal.pem"),
            "SEAL_PUBLIC_KEY_FILES": str(self.directory / "keys" / "seal.pub.pem"),
            "DOCUMENTS_DIR": str(self.directory / "documents"),
            "LOG_DIR": str(self.directory / "log"),
            **{f"{name.upper()}_URL": sandbox_url for name in institutions},
            **{
                f"{name.upper()}_PUBLIC_KEY_FILE": str(self.sandbox_data / "keys" / f"{name}.pub.pem")
                for name in institutions
            },
            "WECHAT_APIV3_KEY_FILE": str(self.sandbox_data / "keys" / "wechat_apiv3.key"),
            "SANDBOX_HOST": "127.0.0.1",
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_DATA": str(self.sandbox_data),
            "SANDBOX_PARTNER_KEY": str(self.directory / "keys" / "platform.pub.pem"),
            "PORT": str(self.web_port),
            "PYTEST_DB_SUFFIX": "_".join(filter(None, database)),
            **{name: os.environ[name] if name in given else url for name, url in engines.items()},
        }

    def start_valkey(self) -> None:
        if os.environ["CACHE_URL"] == self.valkey.cache_url or os.environ["BROKER_URL"] == self.valkey.broker_url:
            self.valkey.start()

    def start_postgres(self) -> bool:
        """Start our own PostgreSQL, unless the caller's environment names another; says whether it is ours."""
        ours = os.environ["DATABASE_URL"] == self.postgres.url("postgres")
        if ours:
            self.postgres.start()
        return ours

    def close(self) -> None:
        """Stop all that this session started and remove its directory."""
        _remove(self.directory)
        if self.lock:
            self.lock.close()


def _remove_killed_sessions() -> None:
    for directory in chain(ON_DISK.glob("[0-9]*"), IN_MEMORY.glob("[0-9]*")):
        try:
            with open(directory / "lock", "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(directory)
        except OSError:  # it lives, or another session is just clearing it
            continue


def _remove(directory: Path) -> None:
    processes.end_marked(str(directory), seconds=5)
    Postgres(directory / "pg", throwaway=True).remove()
    Valkey(directory / "valkey").remove()
    shutil.rmtree(directory, ignore_errors=True)
