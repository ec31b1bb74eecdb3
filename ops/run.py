"""`make run`: from nothing to a serving platform that has just carried a loan the whole way; Ctrl-C stops all of it.

With ONCE=1 it ends after the demo journey, with the journey's exit status.
"""

import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ops import bootstrap, environment, processes
from ops.environment import DATABASE, POSTGRES, VALKEY
from ops.places import LOG, PYTHON, ROOT, VAR, VENV
from ops.problems import Trouble, told

MARK = str(VAR)
READY_SECONDS = 60


def main() -> int:
    """Prepare, start, wait, play, serve, stop. Returns the exit status."""
    settings = environment.given()
    with _only_run_here():
        processes.end_marked(MARK)  # what a killed earlier run left
        _check_ports(settings)
        bootstrap.ensure("requirements")
        if Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(PYTHON, [str(PYTHON), "-m", "ops.run"])
        return _run(environment.complete(settings))


@contextmanager
def _only_run_here() -> Iterator[None]:
    VAR.mkdir(mode=0o700, exist_ok=True)
    with open(VAR / "run.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble("`make run` is already running in this directory; stop that one with Ctrl-C first.") from None
        yield


def _check_ports(settings: Mapping[str, str]) -> None:
    ports = {
        name: environment.port_of(settings, name, default) for name, default in (("PORT", 8000), ("SANDBOX_PORT", 8100))
    }
    taken = [port for port in ports.values() if not _is_free(port)]
    if taken:
        others = " ".join(f"{name}={port + 10 if port in taken else port}" for name, port in ports.items())
        raise Trouble(
            f"Taken: port {' and port '.join(map(str, taken))}; stop the program that uses it, "
            f"or choose another: make run {others}"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _run(settings: dict[str, str]) -> int:
    started = time.monotonic()
    env = {**settings, processes.MARK: MARK, "PATH": f"{PYTHON.parent}{os.pathsep}{settings['PATH']}"}
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _interrupt)
    try:
        _start_engines(settings)
        _prepare(env)
        honcho = _start_processes(env)
        _wait_until_healthy(env, honcho)
        print(
            f"Ready after {time.monotonic() - started:.0f} s at {env['PLATFORM_URL']} (logs in {_short(LOG)})",
            flush=True,
        )
        if environment.is_sandbox(env):
            status = _manage("demo_journey", env={**env, "LOG_LEVEL": "WARNING"})
            if status or settings.get("ONCE") == "1":
                return status
        _serve(env, honcho)
        return 0
    finally:
        _stop_everything()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start_engines(settings: Mapping[str, str]) -> None:
    """The embedded engines, except those that the owner has elsewhere."""
    if settings["DATABASE_URL"] == POSTGRES.url(DATABASE):
        POSTGRES.start()
        POSTGRES.create_database(DATABASE)
    if VALKEY.broker_url == settings["BROKER_URL"] or VALKEY.cache_url == settings["CACHE_URL"]:
        VALKEY.start()


def _prepare(env: dict[str, str]) -> None:
    """Keys, tables, reference data, static files: each step is skipped or harmless when already done."""
    if not all((VAR / "keys" / name).exists() for name in ("platform.pem", "seal.pem", "sharing.pem")):
        _checked("The signing keys could not be made", env, "-m", "ops.local_secrets", "var/keys")
    if environment.is_sandbox(env):
        _checked("The institutions' keys could not be made", env, "-m", "sandbox", "keys")
    _checked("The database could not be prepared", env, "manage.py", "prepare")
    stamp = VAR / "static.stamp"
    fingerprint = _static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        _checked("The pages' files could not be collected", env, "manage.py", "collectstatic", "--no-input")
        stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    """Changes when a package or one of our own static files does."""
    parts = [(ROOT / "requirements.txt").read_bytes()]
    for directory in sorted(ROOT.glob("**/static")):
        if VENV not in directory.parents and VAR not in directory.parents:
            files = sorted(path for path in directory.rglob("*") if path.is_file())
            parts += [f"{path}{path.stat().st_mtime_ns}".encode() for path in files]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _checked(trouble: str, env: dict[str, str], *arguments: str) -> None:
    command = [str(PYTHON), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise Trouble(f"{trouble}; look at .env and at these last words:\n{words}")


def _manage(*arguments: str, env: dict[str, str]) -> int:
    # In a session of its own, so that Ctrl-C reaches only us, who then stop it with the rest.
    command = [str(PYTHON), "manage.py", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True).wait()


def _start_processes(env: dict[str, str]) -> subprocess.Popen[bytes]:
    """The Procfile's processes under honcho; the sandbox only where it plays the world outside."""
    names = ["web", "worker", "beat", *(["sandbox"] if environment.is_sandbox(env) else [])]
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    if LOG.exists():
        LOG.replace(LOG.with_suffix(".log.1"))
    # honcho would let .env override the environment; it is already merged here, the right way round.
    command = [str(PYTHON), "-m", "honcho", "--env", os.devnull, "--no-colour", "start", *names]
    with open(os.open(LOG, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _wait_until_healthy(env: dict[str, str], honcho: subprocess.Popen[bytes]) -> None:
    began = time.time()
    _wait(lambda: _get(f"http://127.0.0.1:{env['PORT']}/healthz") is not None, "the web process", honcho)
    if environment.is_sandbox(env):
        _wait(lambda: _get(f"http://127.0.0.1:{env['SANDBOX_PORT']}/health") is not None, "the sandbox", honcho)
    # A sweep goes from beat through the broker to a worker: one that is newer than this run shows all three well.
    _wait(lambda: _last_sweep(env) > began, "beat and a worker", honcho)


def _wait(condition: Callable[[], bool], what: str, honcho: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if honcho.poll() is not None or time.monotonic() > deadline:
            raise Trouble(f"Waited in vain for {what}; {_short(LOG)} ends with:\n{_log_tail()}")
        time.sleep(0.2)


def _get(url: str) -> dict[str, object] | None:
    """The JSON object at the address, or None when it does not answer well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            answer: dict[str, object] = json.load(response)
            return answer
    except (OSError, ValueError):
        return None


def _last_sweep(env: Mapping[str, str]) -> float:
    answer = _get(f"http://127.0.0.1:{env['PORT']}/healthz") or {}
    return float(str(answer.get("last_sweep") or 0))


def _serve(env: Mapping[str, str], honcho: subprocess.Popen[bytes]) -> None:
    """Serve until Ctrl-C. Raises Trouble when a process ends by itself."""
    print(f"\nServing at {env['PLATFORM_URL']} until Ctrl-C; logs in {_short(LOG)}", flush=True)
    honcho.wait()
    raise Trouble(f"A process ended by itself, so all were stopped; {_short(LOG)} ends with:\n{_log_tail()}")


def _stop_everything() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    print("Stopping", flush=True)
    processes.end_marked(MARK)
    VALKEY.stop()
    POSTGRES.stop()


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _log_tail() -> str:
    return "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])


if __name__ == "__main__":
    with told():
        sys.exit(main())
