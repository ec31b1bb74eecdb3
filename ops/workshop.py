"""What the commands of the model workshop need before Django starts: their packages, and the database with its tables.

`manage.py` calls this for them, so that they can be typed in a fresh clone. What is done is said on standard error:
standard output belongs to the command.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from ops import bootstrap, environment
from ops.environment import DATABASE, LOCAL, POSTGRES
from ops.places import PYTHON, ROOT, VAR, VENV
from ops.problems import told

# Command → the requirement list that holds its packages.
COMMANDS = {
    "train_model": "requirements-train",
    "write_credit_data": "requirements-train",
    "score_file": "requirements",
    "export_model": "requirements",
    "export_reasons": "requirements",
}


def prepare(arguments: list[str]) -> None:
    """Make the ground ready for `manage.py` with these arguments, if it is one of the workshop's commands."""
    command = arguments[1] if len(arguments) > 1 else ""
    if command not in COMMANDS or {"-h", "--help"} & set(arguments):
        return
    with told(), contextlib.redirect_stdout(sys.stderr):
        bootstrap.ensure("requirements", COMMANDS[command])
        if Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(PYTHON, [str(PYTHON), *arguments])
        _start_database()


def _start_database() -> None:
    """Start the embedded PostgreSQL, unless the owner has one elsewhere, and bring the tables up to date."""
    settings = environment.given()
    VAR.mkdir(mode=0o700, exist_ok=True)
    local = environment.read_env_file(LOCAL) or environment.complete(settings)
    url = settings.get("DATABASE_URL") or local["DATABASE_URL"]
    if url == POSTGRES.url(DATABASE) and not POSTGRES.is_ready():
        print("Starting PostgreSQL; it stays until the end of the next `make run`", flush=True)
        POSTGRES.start()
        POSTGRES.create_database(DATABASE)
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    if subprocess.run(migrate, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
        sys.exit("The database could not be prepared.")
