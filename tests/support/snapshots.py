"""What migrating makes, kept as SQL: a session that comes to the same migrations reads it, in two seconds instead of
twenty. A file under var/test-snapshots; to remove it is harmless.
"""

import hashlib
import os
import subprocess
from itertools import chain
from pathlib import Path

from ops.engines import SUPERUSER, Postgres
from tests.support.session import ROOT

SNAPSHOTS = ROOT / "var" / "test-snapshots"
# What the migrations are made of: themselves, what they import of ours, and the packages that bring some.
PARTS = ("*/migrations/*.py", "*/*_sql.py", "core/*.py", "requirements.txt")


def restore(postgres: Postgres, database: str) -> bool:
    """Make the database as migrating leaves it; False when no session has kept that yet."""
    if not _file().exists():
        return False
    _run(postgres, "createdb", database)
    _run(postgres, "psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={_file()}", database)
    return True


def keep(postgres: Postgres, database: str) -> None:
    """Keep the migrated database for later sessions, in place of older ones."""
    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    fresh = SNAPSHOTS / f"{os.getpid()}.part"
    _run(postgres, "pg_dump", "--no-owner", f"--file={fresh}", database)
    for old in SNAPSHOTS.glob("*.sql"):
        old.unlink(missing_ok=True)
    fresh.rename(_file())


def _file() -> Path:
    digest = hashlib.sha256()
    for path in sorted(chain.from_iterable(ROOT.glob(part) for part in PARTS)):
        digest.update(path.read_bytes())
    return SNAPSHOTS / f"{digest.hexdigest()}.sql"


def _run(postgres: Postgres, program: str, *arguments: str) -> None:
    command = [postgres.program(program), f"--host={postgres.sockets}", f"--username={SUPERUSER}", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
