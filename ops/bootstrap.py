"""`.venv` with pinned requirements: made when missing, brought up to date when the pins change, else left alone.

Usage: python3 -m ops.bootstrap requirements [requirements-test ...]
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from ops.places import PYTHON, ROOT, VENV
from ops.problems import Trouble, told

PIP_INDEX = "https://pypi.org/simple"


def ensure(*names: str) -> None:
    """Make `.venv` hold the requirement lists of these names. Raises Trouble when that cannot be done."""
    if not _venv_works():
        _make_venv()
    for name in names:
        _install(name)


def _venv_works() -> bool:
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def _make_venv() -> None:
    print("Making .venv", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("python3-venv")
    # In a process of its own: this one may have looked for ensurepip before it was there.
    if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode == 0:
        command, trouble = [sys.executable, "-m", "venv", str(VENV)], "The virtual environment .venv could not be made"
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"{trouble}: {(done.stdout + done.stderr).strip()}")
    else:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
        _fetch_pip()


def _fetch_pip() -> None:
    """pip from the package index, for a Python without ensurepip and an owner who is not root."""
    index = os.environ.get("PIP_INDEX_URL", PIP_INDEX).rstrip("/")
    request = urllib.request.Request(f"{index}/pip/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            files = json.load(response)["files"]
        wheel = max((file for file in files if _pip_version(file)), key=_pip_version)
        with urllib.request.urlopen(urljoin(request.full_url, wheel["url"]), timeout=60) as response:
            content = response.read()
    except (OSError, ValueError, LookupError) as error:
        raise Trouble(
            f"Python has no ensurepip and pip could not be fetched from {index} ({error}); "
            "install Debian's package python3-venv and try again."
        ) from None
    if hashlib.sha256(content).hexdigest() != wheel["hashes"]["sha256"]:
        raise Trouble(f"The pip fetched from {index} is not what the index describes; try again later.")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / wheel["filename"]
        path.write_bytes(content)
        subprocess.run([PYTHON, f"{path}/pip", "install", "--quiet", "--no-index", str(path)], check=True)


def _pip_version(file: dict[str, Any]) -> tuple[int, ...]:
    """The version of a finished, not withdrawn pip wheel; empty for any other file of the index."""
    match = re.fullmatch(r"pip-([0-9.]+)-py3-none-any\.whl", file["filename"])
    return tuple(map(int, match[1].split("."))) if match and not file.get("yanked") else ()


def _fingerprint(name: str) -> str:
    texts = {(ROOT / f"{list_}.txt").read_bytes() for list_ in ("requirements", name)}
    return hashlib.sha256(sys.version.encode() + b"".join(sorted(texts))).hexdigest()


def _install(name: str) -> None:
    stamp = VENV / f".installed-{name}"
    fingerprint = _fingerprint(name)
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    started = time.monotonic()
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", f"{name}.txt"]
    pins = sum("==" in line for path in {"requirements.txt", f"{name}.txt"} for line in (ROOT / path).open())
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        last_lines = _show_progress(pip.stdout, name, pins)
    if pip.returncode:
        raise Trouble(f"The packages of {name}.txt could not be installed; pip says:\n" + "\n".join(last_lines))
    stamp.write_text(fingerprint)
    print(f"Installed {name}.txt in {time.monotonic() - started:.0f} s", flush=True)


def _show_progress(lines: Iterable[str], name: str, pins: int) -> list[str]:
    """Count the packages as pip meets them; on a terminal in one line, else now and then. Returns pip's last lines."""
    kept: list[str] = []
    found, shown = 0, time.monotonic()
    terminal = sys.stdout.isatty()
    for line in lines:
        kept = [*kept[-14:], line.rstrip()]
        found += line.startswith(("Collecting ", "Requirement already satisfied: "))
        if line.startswith("Installing collected packages"):
            print(f"Installing {name}.txt: unpacking and compiling, half a minute or so", flush=True)
        elif found < pins and time.monotonic() - shown > (0.2 if terminal else 5):
            print(f"Installing {name}.txt: package {found} of {pins}  ", end="\r" if terminal else "\n", flush=True)
            shown = time.monotonic()
    return kept


def apt_install(*packages: str) -> None:
    """Install Debian packages. Root only. Raises Trouble with apt's last words."""
    print(f"Installing Debian's {', '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    update = ["apt-get", "update", "-qq"]
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (update, install):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
        if done.returncode and command is install:
            raise Trouble(f"apt-get could not install {', '.join(packages)}: {done.stderr.strip()[-500:]}")


if __name__ == "__main__":
    with told(), contextlib.suppress(BrokenPipeError):
        ensure(*sys.argv[1:])
